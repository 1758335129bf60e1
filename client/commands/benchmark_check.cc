#include "client/commands/benchmark_check.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/output/text.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/declaration/declared_benchmark.h"
#include "common/declaration/item_reader.h"
#include "common/declaration/mistakes.h"
#include "common/declaration/record_reader.h"
#include "common/declaration/yaml_node.h"

namespace assay {
namespace {

// A group's items follow one another.
std::vector<absl::Span<const Item>> GroupsOf(absl::Span<const Item> items) {
  std::vector<absl::Span<const Item>> groups;
  for (size_t begin = 0; begin < items.size();) {
    size_t end = begin;
    while (end < items.size() && items[end].group == items[begin].group) ++end;
    groups.push_back(items.subspan(begin, end - begin));
    begin = end;
  }
  return groups;
}

std::string Title(const ProtocolSpec& protocol) {
  std::string title =
      absl::StrCat("protocol ", protocol.name, ": ", RequestTypeName(protocol.request_type), ", ",
                   protocol.shots, " shots, at most ", protocol.max_input, " tokens of prompt");
  if (protocol.request_type == RequestType::kGenerate) {
    absl::StrAppend(&title, " and ", protocol.max_output, " of output");
  }
  absl::StrAppend(&title, ", grader ", protocol.grader);
  for (const auto& [name, value] : protocol.grader_parameters) {
    if (name != "name") absl::StrAppend(&title, " ", name, "=", absl::Utf8SafeCEscape(value));
  }
  return absl::StrCat(title, ", ", protocol.averaging == Averaging::kMacro ? "macro" : "micro",
                      " average");
}

void ShowItem(const Benchmark& benchmark, const ProtocolSpec& protocol, const Item& item,
              absl::Span<const Item> shots, const Console& console) {
  std::ostream& out = *console.out;
  out << "\n"
      << Toned(absl::StrCat("item ", EscapeLine(item.id), " of group ", item.group, ":"),
               Tone::kDim, console.out_colour)
      << "\n"
      << EscapeControls(benchmark.RenderPrompt(protocol, item, shots)) << "\n"
      << Toned("target:", Tone::kDim, console.out_colour) << " " << EscapeLine(item.target) << "\n";
  if (protocol.request_type != RequestType::kScoreChoices) return;
  std::vector<std::string> choices;
  for (size_t i = 0; i < item.choices.size(); ++i) {
    choices.push_back(
        absl::StrCat("\"", absl::Utf8SafeCEscape(benchmark.RenderChoice(protocol, item, i)), "\""));
  }
  out << Toned("scored:", Tone::kDim, console.out_colour) << " " << absl::StrJoin(choices, ", ")
      << "\n";
}

// The first items of all groups in turn, as the protocol asks them; what cannot be asked goes to
// `problems`.
void ShowProtocol(const Benchmark& benchmark, const ProtocolSpec& protocol,
                  absl::Span<const Item> items, int most, const Console& console,
                  DataProblems* problems) {
  *console.out << "\n" << Title(protocol) << "\n";
  int64_t asked = 0;
  int shown = 0;
  for (const absl::Span<const Item> group : GroupsOf(items)) {
    const absl::StatusOr<Selection> selection = benchmark.Select(protocol, protocol.shots, group);
    if (!selection.ok()) {
      problems->Add(absl::StrCat("protocol ", protocol.name, ": ", selection.status().message()));
      continue;
    }
    asked += static_cast<int64_t>(selection->items.size());
    for (size_t i = 0; i < selection->items.size() && shown < most; ++i, ++shown) {
      ShowItem(benchmark, protocol, selection->items[i], selection->shots, console);
    }
  }
  *console.out << "\n" << GroupedDigits(asked) << " items are asked\n";
}

absl::Status ProblemsStatus(const DataProblems& problems) {
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(problems.messages(), "\n"));
}

}  // namespace

absl::Status CheckBenchmark(const BenchmarkCheckOptions& options, const Console& console) {
  ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(options.file));
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const DeclaredBenchmark> benchmark,
                         DeclaredBenchmark::Read(options.file, text));
  *console.out << EscapeLine(benchmark->name()) << " version " << benchmark->source()->version
               << ": " << EscapeLine(benchmark->description()) << "\n";

  std::string folder = options.data;
  if (folder.empty()) {
    folder = std::filesystem::path(options.file).parent_path().string();
    if (folder.empty()) folder = ".";
  }
  const absl::StatusOr<std::vector<SourceFile>> files = CollectFiles(*benchmark, folder);
  if (!files.ok() && options.data.empty()) {
    *console.out << "nothing is wrong with the file; --data PATH shows what it makes of the data\n";
    return absl::OkStatus();
  }
  ASSAY_RETURN_IF_ERROR(files.status());
  DataProblems problems;
  const std::vector<Item> items = ReadItems(benchmark->declaration(), *files, &problems);
  ASSAY_RETURN_IF_ERROR(ProblemsStatus(problems));
  const auto examples = std::count_if(items.begin(), items.end(),
                                      [](const Item& item) { return item.split == "dev"; });
  *console.out << GroupedDigits(static_cast<int64_t>(items.size()) - examples) << " items and "
               << GroupedDigits(examples) << " examples in " << GroupsOf(items).size()
               << " groups, from " << files->size() << " files\n";
  for (const ProtocolSpec& protocol : benchmark->protocols()) {
    ShowProtocol(*benchmark, protocol, items, options.items, console, &problems);
  }
  ASSAY_RETURN_IF_ERROR(ProblemsStatus(problems));
  *console.out << "\nnothing is wrong\n";
  return absl::OkStatus();
}

}  // namespace assay
