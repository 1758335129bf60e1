//! Chat templates: Jinja as the transformers library runs it, in a bounded time and memory.

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{context, AutoEscape, Environment, Error, ErrorKind};
use regex::Regex;
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io;
use std::sync::LazyLock;

/// Templates come with models and are untrusted. Real ones need some thousand steps.
const MAX_STEPS: u64 = 10_000_000;
const MAX_OUTPUT_BYTES: usize = 64 << 20;

/// `{% generation %}` marks the assistant's part for training. It renders its content.
static GENERATION_TAG: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\{%([-+]?)\s*(end)?generation\s*([-+]?)%\}").ok());

/// `messages`: a JSON list of messages. `variables`: a JSON object of further names that the
/// template may use, such as `bos_token`.
///
/// The date is not given to templates (`strftime_now` is undefined): a prompt must not depend on
/// the day of the run.
pub fn render(
    template: &str,
    messages: &str,
    variables: &str,
    add_generation_prompt: bool,
) -> Result<String, String> {
    let messages = parse_json("messages", messages)?;
    let variables = parse_json("variables", variables)?;

    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(MAX_STEPS));
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", raise_exception);
    environment.add_filter("tojson", to_json);

    let source = plain_generation_tags(template);
    let template = environment
        .template_from_str(&source)
        .map_err(|error| describe(&error))?;
    let values = context! {
        messages,
        add_generation_prompt,
        ..variables
    };
    let mut output = BoundedOutput(Vec::new());
    template
        .render_captured_to(values, &mut output)
        .map_err(|error| describe(&error))?;
    String::from_utf8(output.0).map_err(|error| error.to_string())
}

fn parse_json(what: &str, json: &str) -> Result<Value, String> {
    let value: serde_json::Value =
        serde_json::from_str(json).map_err(|error| format!("{what}: {error}"))?;
    Ok(Value::from_serialize(&value))
}

fn plain_generation_tags(template: &str) -> String {
    let Some(tag) = GENERATION_TAG.as_ref() else {
        return template.to_string();
    };
    tag.replace_all(template, |groups: &regex::Captures| {
        let body = if groups.get(2).is_some() {
            "endif"
        } else {
            "if true"
        };
        format!("{{%{} {body} {}%}}", &groups[1], &groups[3])
    })
    .into_owned()
}

fn describe(error: &Error) -> String {
    match error.line() {
        Some(line) => format!("line {line}: {error}"),
        None => error.to_string(),
    }
}

fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

/// Python's `json.dumps(value, ensure_ascii=False, indent=indent)`, as transformers has it, in
/// place of Jinja's own filter, which escapes for HTML.
fn to_json(value: Value, options: Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let ensure_ascii: Option<bool> = options.get("ensure_ascii")?;
    options.assert_all_used()?;
    if ensure_ascii == Some(true) {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "tojson: ensure_ascii=true is not supported",
        ));
    }
    if value.kind() == ValueKind::Undefined {
        return Err(Error::new(
            ErrorKind::UndefinedError,
            "tojson: the value is undefined",
        ));
    }
    let text = match indent {
        Some(width) => {
            let indent = " ".repeat(width.min(16));
            write_json(&value, PrettyFormatter::with_indent(indent.as_bytes()))
        }
        None => write_json(&value, PythonFormatter),
    };
    text.map(Value::from)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error))
}

fn write_json(value: &Value, formatter: impl Formatter) -> Result<String, String> {
    let mut bytes = Vec::new();
    value
        .serialize(&mut Serializer::with_formatter(&mut bytes, formatter))
        .map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// One line, with a space after each comma and colon.
struct PythonFormatter;

impl Formatter for PythonFormatter {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

struct BoundedOutput(Vec<u8>);

impl io::Write for BoundedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT_BYTES {
            return Err(io::Error::other(format!(
                "the text is longer than {MAX_OUTPUT_BYTES} bytes"
            )));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
