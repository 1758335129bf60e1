#include "common/benchmark/crass.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/benchmark/data_text.h"
#include "common/benchmark/group_name.h"
#include "common/benchmark/prompt_text.h"
#include "common/benchmark/python_random.h"
#include "common/benchmark/python_text.h"
#include "common/benchmark/single_file.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

constexpr char kGroup[] = "crass";
constexpr char kHeader[] = "PCTID;BatchID;Premise;QCC;CorrectAnswer;Answer1;Answer2";
constexpr size_t kPremise = 2;
constexpr size_t kQuestion = 3;
constexpr size_t kFirstOption = 4;
constexpr size_t kMostOptions = 4;
constexpr size_t kFewestOptions = 2;

Item MakeItem(absl::string_view id, absl::string_view premise, absl::string_view question,
              const std::vector<std::string>& options, absl::string_view answer) {
  Item item;
  item.id = absl::StrCat("crass/", id);
  item.group = kGroup;
  item.split = "test";
  item.fields["premise"] = std::string(premise);
  item.fields["question"] = std::string(question);
  for (const std::string& option : options) {
    const std::string letter(1, static_cast<char>('A' + item.choices.size()));
    // The first of equal options is the answer, as Python's list.index finds it.
    if (option == answer && item.target.empty()) item.target = letter;
    item.fields[letter] = option;
    item.choices.push_back(letter);
  }
  return item;
}

// The examples of the paper, section 5, as INSTRUCTEVAL shows them.
const std::vector<Item>& Shots() {
  static const auto* const shots = new std::vector<Item>{
      MakeItem("shot/0", "A feather falls from a skyscraper.",
               "What would have happened if a computer had fallen from the skyscraper?",
               {"The computer would have remained intact.", "That is not possible.",
                "The computer would have been crushed."},
               "The computer would have been crushed."),
      MakeItem("shot/1", "A lightning hits a tree.",
               "What would have happened if a marble would have hit the tree?",
               {"It would have burned down.", "Nothing special would have happened.",
                "The tree would have kissed the lightning."},
               "Nothing special would have happened."),
      MakeItem("shot/2", "A man drinks a beer.",
               "What would have happened if the man had drunk a rainbow?",
               {"It would have been tasty.", "It would have been awful.", "That is not possible."},
               "That is not possible."),
  };
  return *shots;
}

absl::Status RowError(absl::string_view path, int64_t line, absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat(path, ":", line, ": ", reason));
}

absl::StatusOr<Item> ParseRow(absl::string_view path, int64_t line, absl::string_view row,
                              PythonRandom* random) {
  const std::vector<absl::string_view> fields = absl::StrSplit(PythonStrip(row), ';');
  if (fields.size() <= kFirstOption) {
    return RowError(path, line,
                    absl::StrCat(fields.size(), " fields between semicolons; expected ", kHeader));
  }
  if (!IsGroupName(fields[0])) {
    return RowError(path, line,
                    absl::StrCat("the id is ", Excerpt(fields[0]),
                                 "; use letters, digits, \"_\" and \"-\" only"));
  }
  if (PythonStrip(fields[kPremise]).empty()) return RowError(path, line, "the premise is empty");
  if (PythonStrip(fields[kQuestion]).empty()) return RowError(path, line, "the question is empty");
  std::vector<std::string> options;
  for (size_t i = kFirstOption; i < std::min(fields.size(), kFirstOption + kMostOptions); ++i) {
    const absl::string_view option = PythonStrip(fields[i]);
    if (!option.empty()) options.emplace_back(option);
  }
  if (PythonStrip(fields[kFirstOption]).empty()) {
    return RowError(path, line, "the right answer, which is the fifth field, is empty");
  }
  if (options.size() < kFewestOptions) {
    return RowError(path, line, "there is no option beside the right answer");
  }
  const std::string answer = options.front();
  random->Shuffle(&options);
  return MakeItem(fields[0], fields[kPremise], fields[kQuestion], options, answer);
}

// Up to and with "Answer:".
std::string RenderQuestion(const Item& item) {
  std::string text = absl::StrCat(PythonStrip(FieldOf(item, "premise")), " ",
                                  PythonStrip(FieldOf(item, "question")));
  for (const std::string& letter : item.choices) {
    absl::StrAppend(&text, "\n", letter, ". ", FieldOf(item, letter));
  }
  return absl::StrCat(text, "\nAnswer:");
}

}  // namespace

absl::string_view CrassBenchmark::description() const {
  return "counterfactual questions, in one <name>.csv such as CRASS_FTM_main_data_set.csv";
}

const std::vector<ProtocolSpec>& CrassBenchmark::protocols() const {
  static const auto* const protocols = new std::vector<ProtocolSpec>{
      {.name = "instructeval",
       .version = 1,
       .shots = 3,
       .request_type = RequestType::kGenerate,
       .max_input = 2048,
       .max_output = 8,
       .grader = "starts_with",
       .averaging = Averaging::kMicro,
       .choice_prefix = ""},
  };
  return *protocols;
}

bool CrassBenchmark::IsDataFile(absl::string_view path) const {
  return absl::EndsWith(path, ".csv") && path.size() > 4 && !absl::StrContains(path, '/');
}

absl::StatusOr<std::vector<Item>> CrassBenchmark::Parse(absl::Span<const SourceFile> files) const {
  ASSAY_ASSIGN_OR_RETURN(const SourceFile* file, SingleFile(*this, files));
  std::vector<Item> items;
  std::set<std::string> ids;
  bool has_header = false;
  PythonRandom random(0);
  ASSAY_RETURN_IF_ERROR(
      ForEachLine(*file, {}, [&](int64_t line, absl::string_view row) -> absl::Status {
        if (!has_header) {
          if (!absl::StartsWith(row, kHeader)) {
            return RowError(file->path, line,
                            absl::StrCat("the header is ", Excerpt(row), "; expected ", kHeader));
          }
          has_header = true;
          return absl::OkStatus();
        }
        ASSAY_ASSIGN_OR_RETURN(Item item, ParseRow(file->path, line, row, &random));
        if (!ids.insert(item.id).second) {
          return RowError(file->path, line, absl::StrCat("the item ", item.id, " is there twice"));
        }
        item.ordinal = static_cast<int64_t>(items.size());
        items.push_back(std::move(item));
        return absl::OkStatus();
      }));
  if (items.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(file->path, ": the file has no items"));
  }
  return items;
}

absl::StatusOr<Selection> CrassBenchmark::Select(const ProtocolSpec& protocol, int shots,
                                                 absl::Span<const Item> group) const {
  const int most = static_cast<int>(Shots().size());
  if (shots < 0 || shots > most) {
    return absl::InvalidArgumentError(
        absl::StrCat("crass has ", most, " examples, and ", shots, " shots are asked for"));
  }
  return Selection{{Shots().begin(), Shots().begin() + shots}, {group.begin(), group.end()}};
}

std::string CrassBenchmark::RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                                         absl::Span<const Item> shots) const {
  return RenderAfterShots(item, shots, RenderQuestion);
}

}  // namespace assay
