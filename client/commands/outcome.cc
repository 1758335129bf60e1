#include "client/commands/outcome.h"

#include <utility>
#include <vector>

#include "absl/strings/str_join.h"

namespace assay {

void AddOutcomeFormat(CLI::App* command, CommandContext& context) {
  command
      ->add_option_function<std::string>(
          "--format",
          [&context](const std::string& name) {
            const absl::StatusOr<OutputFormat> parsed = ParseOutputFormat(name);
            if (!parsed.ok()) {
              throw CLI::ValidationError("--format", std::string(parsed.status().message()));
            }
            context.outcome = *parsed;
          },
          "table (default: a sentence), json or csv")
      ->type_name("FORMAT");
}

void TellOutcome(const CommandContext& context, const std::string& sentence, const Json& values) {
  std::ostream& out = *context.console->out;
  switch (context.outcome) {
    case OutputFormat::kTable:
      out << sentence << "\n";
      break;
    case OutputFormat::kJson:
      out << DumpJson(values) << "\n";
      break;
    case OutputFormat::kCsv: {
      std::vector<std::string> keys;
      std::vector<std::string> cells;
      for (const auto& [key, value] : values.items()) {
        keys.push_back(CsvField(key));
        cells.push_back(value.is_null()     ? ""
                        : value.is_string() ? CsvField(value.get<std::string>())
                                            : CsvField(DumpJson(value)));
      }
      out << absl::StrJoin(keys, ",") << "\r\n" << absl::StrJoin(cells, ",") << "\r\n";
      break;
    }
  }
  out << std::flush;
}

}  // namespace assay
