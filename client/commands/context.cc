#include "client/commands/context.h"

#include "absl/strings/str_cat.h"
#include "client/output/text.h"

namespace assay {

int Fail(const Console& console, const absl::Status& status) {
  *console.out << std::flush;
  const std::string message = absl::StrCat("assay: ", EscapeControls(status.message()));
  *console.err << Toned(message, Tone::kBad, console.err_colour) << "\n" << std::flush;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kExitUnreachable;
    case absl::StatusCode::kNotFound:
      return kExitNotFound;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kOutOfRange:
      return kExitUsage;
    default:
      return kExitFailed;
  }
}

int ExitCodeOf(const Console& console, const absl::Status& status) {
  return status.ok() ? static_cast<int>(kExitOk) : Fail(console, status);
}

std::shared_ptr<OutputFormat> AddFormatOption(CLI::App* command) {
  auto format = std::make_shared<OutputFormat>(OutputFormat::kTable);
  command
      ->add_option_function<std::string>(
          "--format",
          [format](const std::string& name) {
            const absl::StatusOr<OutputFormat> parsed = ParseOutputFormat(name);
            if (!parsed.ok()) {
              throw CLI::ValidationError("--format", std::string(parsed.status().message()));
            }
            *format = *parsed;
          },
          "table (default), json or csv")
      ->type_name("FORMAT");
  return format;
}

}  // namespace assay
