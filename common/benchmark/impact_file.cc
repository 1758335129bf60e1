#include "common/benchmark/impact_file.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/status_macros.h"
#include "common/benchmark/csv.h"
#include "common/benchmark/data_text.h"
#include "common/benchmark/group_name.h"
#include "common/benchmark/json_records.h"
#include "common/benchmark/python_text.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

using Type = JsonNode::Type;

constexpr std::array<const char*, 3> kColumns = {"Category", "Definition", "Prompt"};

// What a file says of one prompt.
struct Entry {
  std::string id;  // of MT-bench's questions; else empty, and the item is known by its place
  std::string category;
  std::string definition;
  std::string prompt;
};

// "Informative" and "informative" are one category.
std::string GroupOf(absl::string_view category) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(PythonStrip(category)), {{" ", "_"}});
}

class ItemCollector {
 public:
  explicit ItemCollector(absl::string_view path) : path_(path) {}

  absl::Status Add(int64_t line, Entry entry) {
    const auto invalid = [&](absl::string_view reason) {
      return absl::InvalidArgumentError(absl::StrCat(path_, ":", line, ": ", reason));
    };
    Item item;
    item.group = GroupOf(entry.category);
    if (!IsGroupName(item.group)) {
      return invalid(absl::StrCat("the category is ", Excerpt(entry.category),
                                  "; use letters, digits, spaces, \"_\" and \"-\" only"));
    }
    if (PythonStrip(entry.prompt).empty()) return invalid("the prompt is empty");
    std::vector<Item>& group = groups_[item.group];
    item.id = absl::StrCat("impact/", item.group, "/",
                           entry.id.empty() ? absl::StrCat(group.size()) : entry.id);
    if (!ids_.insert(item.id).second) {
      return invalid(absl::StrCat("the item ", item.id, " is there twice"));
    }
    item.split = "test";
    if (!entry.definition.empty()) item.fields["definition"] = std::move(entry.definition);
    item.fields["prompt"] = std::move(entry.prompt);
    group.push_back(std::move(item));
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Item>> Finish() {
    std::vector<Item> items;
    for (auto& [name, group] : groups_) {
      for (Item& item : group) {
        item.ordinal = static_cast<int64_t>(items.size());
        items.push_back(std::move(item));
      }
    }
    if (!items.empty()) return items;
    return absl::InvalidArgumentError(absl::StrCat(path_, ": the file has no prompts"));
  }

 private:
  const absl::string_view path_;
  std::map<std::string, std::vector<Item>> groups_;
  std::set<std::string> ids_;
};

absl::Status ReadCsv(const SourceFile& file, ItemCollector& items) {
  ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadDataText(file));
  ASSAY_RETURN_IF_ERROR(CheckText(file.path, text));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<CsvRow> rows, ParseCsv(file.path, text));
  if (rows.empty()) return absl::OkStatus();
  const std::vector<std::string>& header = rows.front().cells;
  std::array<size_t, kColumns.size()> places;
  for (size_t i = 0; i < kColumns.size(); ++i) {
    const auto found = std::find_if(header.begin(), header.end(), [&](absl::string_view cell) {
      return absl::EqualsIgnoreCase(PythonStrip(cell), kColumns[i]);
    });
    if (found == header.end()) {
      return absl::InvalidArgumentError(absl::StrCat(file.path, ":", rows.front().line,
                                                     ": the header has no column \"", kColumns[i],
                                                     "\"; expected Category,Definition,Prompt"));
    }
    places[i] = static_cast<size_t>(found - header.begin());
  }
  for (size_t row = 1; row < rows.size(); ++row) {
    const std::vector<std::string>& cells = rows[row].cells;
    if (cells.size() != header.size()) {
      return absl::InvalidArgumentError(absl::StrCat(file.path, ":", rows[row].line, ": ",
                                                     cells.size(), " cells, where the header has ",
                                                     header.size()));
    }
    ASSAY_RETURN_IF_ERROR(
        items.Add(rows[row].line, {"", cells[places[0]], cells[places[1]], cells[places[2]]}));
  }
  return absl::OkStatus();
}

// {"question_id": 81, "category": "writing", "turns": ["...", ...]}
absl::StatusOr<Entry> ReadQuestion(absl::string_view path, const JsonNode& node) {
  Entry entry;
  const JsonNode* const id = node.Find("question_id");
  if (id == nullptr || (id->type != Type::kNumber && id->type != Type::kText) ||
      !IsGroupName(id->text)) {
    return JsonError(path, node,
                     "the question has no \"question_id\" that is a number, or a text of letters, "
                     "digits, \"_\" and \"-\"");
  }
  entry.id = id->text;
  ASSAY_ASSIGN_OR_RETURN(entry.category, JsonTextMember(path, node, "the question", "category"));
  ASSAY_ASSIGN_OR_RETURN(const JsonNode* turns,
                         JsonMember(path, node, "the question", "turns", Type::kArray));
  ASSAY_ASSIGN_OR_RETURN(std::vector<std::string> texts, JsonTexts(path, *turns, "turns"));
  if (texts.empty()) return JsonError(path, *turns, "\"turns\" is empty");
  entry.prompt = std::move(texts.front());
  return entry;
}

absl::Status AddRecord(absl::string_view path, const JsonNode& node, ItemCollector& items) {
  if (node.Find("turns") != nullptr) {
    ASSAY_ASSIGN_OR_RETURN(Entry question, ReadQuestion(path, node));
    return items.Add(node.line, std::move(question));
  }
  Entry entry;
  for (const auto& [name, text] :
       {std::pair("Category", &entry.category), std::pair("Definition", &entry.definition),
        std::pair("Prompt", &entry.prompt)}) {
    ASSAY_ASSIGN_OR_RETURN(*text, JsonTextMember(path, node, "the record", name));
  }
  return items.Add(node.line, std::move(entry));
}

absl::Status ReadJsonArray(const SourceFile& file, ItemCollector& items) {
  ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadDataText(file));
  return ForEachJsonRecord(
      file.path, text, JsonRecords::kWhole, [&](const JsonRecord& whole) -> absl::Status {
        if (whole.value.type != Type::kArray) {
          return JsonError(file.path, whole.value,
                           absl::StrCat("the file holds ", JsonTypeName(whole.value.type),
                                        " where it must be an array of prompts"));
        }
        for (const JsonNode& node : whole.value.items) {
          ASSAY_RETURN_IF_ERROR(AddRecord(file.path, node, items));
        }
        return absl::OkStatus();
      });
}

absl::Status ReadJsonLines(const SourceFile& file, ItemCollector& items) {
  return ForEachLine(file, {}, [&](int64_t line, absl::string_view text) {
    return ForEachJsonRecord(
        file.path, text, JsonRecords::kWhole,
        [&](const JsonRecord& record) { return AddRecord(file.path, record.value, items); }, line);
  });
}

}  // namespace

bool IsImpactFile(absl::string_view path) {
  const absl::string_view name = WithoutGzipSuffix(path);
  if (absl::StrContains(name, '/') || absl::StartsWith(name, ".")) return false;
  return absl::EndsWith(name, ".csv") || absl::EndsWith(name, ".json") ||
         absl::EndsWith(name, ".jsonl");
}

absl::StatusOr<std::vector<Item>> ReadImpactFile(const SourceFile& file) {
  const absl::string_view name = WithoutGzipSuffix(file.path);
  ItemCollector items(file.path);
  if (absl::EndsWith(name, ".csv")) {
    ASSAY_RETURN_IF_ERROR(ReadCsv(file, items));
  } else if (absl::EndsWith(name, ".jsonl")) {
    ASSAY_RETURN_IF_ERROR(ReadJsonLines(file, items));
  } else {
    ASSAY_RETURN_IF_ERROR(ReadJsonArray(file, items));
  }
  return items.Finish();
}

}  // namespace assay
