//! The C interface. No panic leaves it: each becomes an error text.

use crate::chat_template;
use crate::text_tokenizer::TextTokenizer;
use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;
use std::slice;

/// `AssayText`: bytes that Rust owns. `data` is null where `size` is 0.
#[repr(C)]
pub struct Text {
    data: *mut u8,
    size: usize,
}

/// `AssayTokenIds`: the same for token ids.
#[repr(C)]
pub struct TokenIds {
    data: *mut i32,
    size: usize,
}

fn release<T>(values: Vec<T>) -> (*mut T, usize) {
    let size = values.len();
    if size == 0 {
        return (ptr::null_mut(), 0);
    }
    (Box::into_raw(values.into_boxed_slice()).cast(), size)
}

/// # Safety
/// `data` and `size` come from `release` and were not taken back before.
unsafe fn take_back<T>(data: *mut T, size: usize) {
    if !data.is_null() {
        drop(Box::from_raw(ptr::slice_from_raw_parts_mut(data, size)));
    }
}

/// # Safety
/// `data` points to `size` values that live for `'a`, or `size` is 0.
unsafe fn borrow<'a, T>(data: *const T, size: usize) -> &'a [T] {
    if size == 0 {
        return &[];
    }
    slice::from_raw_parts(data, size)
}

/// # Safety
/// As for `borrow`.
unsafe fn borrow_text<'a>(what: &str, data: *const u8, size: usize) -> Result<&'a str, String> {
    std::str::from_utf8(borrow(data, size)).map_err(|error| {
        format!(
            "{what} is not UTF-8: bad byte at offset {}",
            error.valid_up_to()
        )
    })
}

fn panic_text(panic: Box<dyn Any + Send>) -> String {
    let reason = match panic.downcast_ref::<String>() {
        Some(text) => text.as_str(),
        None => panic.downcast_ref::<&str>().copied().unwrap_or("unknown"),
    };
    format!("the tokenizers library failed: {reason}")
}

/// Runs `body`; stores what it returns by `store`, or the error's text in `error`.
///
/// # Safety
/// `error` is valid to write to.
unsafe fn guard<T>(
    error: *mut Text,
    body: impl FnOnce() -> Result<T, String>,
    store: impl FnOnce(T),
) -> bool {
    let result =
        catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| Err(panic_text(panic)));
    match result {
        Ok(value) => {
            store(value);
            true
        }
        Err(text) => {
            store_text(error, text);
            false
        }
    }
}

unsafe fn store_text(out: *mut Text, text: String) {
    let (data, size) = release(text.into_bytes());
    out.write(Text { data, size });
}

/// # Safety
/// See the header; so for all functions below.
#[no_mangle]
pub unsafe extern "C" fn assay_tokenizer_create(
    json: *const u8,
    json_size: usize,
    out: *mut *mut TextTokenizer,
    error: *mut Text,
) -> bool {
    guard(
        error,
        || TextTokenizer::from_json(borrow(json, json_size)),
        |tokenizer| out.write(Box::into_raw(Box::new(tokenizer))),
    )
}

#[no_mangle]
pub unsafe extern "C" fn assay_tokenizer_free(tokenizer: *mut TextTokenizer) {
    if !tokenizer.is_null() {
        drop(Box::from_raw(tokenizer));
    }
}

#[no_mangle]
pub unsafe extern "C" fn assay_tokenizer_encode(
    tokenizer: *const TextTokenizer,
    text: *const u8,
    text_size: usize,
    add_special_tokens: bool,
    out: *mut TokenIds,
    error: *mut Text,
) -> bool {
    guard(
        error,
        || {
            (*tokenizer).encode(
                borrow_text("the text", text, text_size)?,
                add_special_tokens,
            )
        },
        |ids| {
            let (data, size) = release(ids);
            out.write(TokenIds { data, size });
        },
    )
}

#[no_mangle]
pub unsafe extern "C" fn assay_tokenizer_decode(
    tokenizer: *const TextTokenizer,
    ids: *const i32,
    ids_size: usize,
    skip_special_tokens: bool,
    out: *mut Text,
    error: *mut Text,
) -> bool {
    guard(
        error,
        || (*tokenizer).decode(borrow(ids, ids_size), skip_special_tokens),
        |text| store_text(out, text),
    )
}

#[no_mangle]
pub unsafe extern "C" fn assay_tokenizer_token_to_id(
    tokenizer: *const TextTokenizer,
    token: *const u8,
    token_size: usize,
) -> i64 {
    catch_unwind(AssertUnwindSafe(|| {
        let token = borrow_text("the token", token, token_size).ok()?;
        (*tokenizer).token_to_id(token)
    }))
    .ok()
    .flatten()
    .map_or(-1, i64::from)
}

#[no_mangle]
pub unsafe extern "C" fn assay_tokenizer_vocabulary_size(tokenizer: *const TextTokenizer) -> i64 {
    i64::from((*tokenizer).vocabulary_size())
}

#[no_mangle]
pub unsafe extern "C" fn assay_tokenizer_json(
    tokenizer: *const TextTokenizer,
    out: *mut Text,
    error: *mut Text,
) -> bool {
    guard(
        error,
        || (*tokenizer).to_json(),
        |text| store_text(out, text),
    )
}

#[no_mangle]
pub unsafe extern "C" fn assay_chat_render(
    template: *const u8,
    template_size: usize,
    messages: *const u8,
    messages_size: usize,
    variables: *const u8,
    variables_size: usize,
    add_generation_prompt: bool,
    out: *mut Text,
    error: *mut Text,
) -> bool {
    guard(
        error,
        || {
            chat_template::render(
                borrow_text("the chat template", template, template_size)?,
                borrow_text("messages", messages, messages_size)?,
                borrow_text("variables", variables, variables_size)?,
                add_generation_prompt,
            )
        },
        |text| store_text(out, text),
    )
}

#[no_mangle]
pub unsafe extern "C" fn assay_text_free(text: Text) {
    take_back(text.data, text.size);
}

#[no_mangle]
pub unsafe extern "C" fn assay_token_ids_free(ids: TokenIds) {
    take_back(ids.data, ids.size);
}
