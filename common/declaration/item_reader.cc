#include "common/declaration/item_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/benchmark/python_text.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

constexpr char kTest[] = "test";
constexpr char kDev[] = "dev";

bool IsItemName(absl::string_view id) {
  return !id.empty() && id.size() <= 200 && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.' || c == ':' || c == '/';
  });
}

class ItemReader {
 public:
  ItemReader(const Declaration& declaration, DataProblems* problems)
      : declaration_(declaration), items_(declaration.items), problems_(*problems) {
    std::set<std::string> columns;
    for (const FieldDeclaration& field : items_.fields) columns.insert(field.column);
    for (const std::string* column : {&items_.id, &items_.group, &items_.target.column}) {
      if (!column->empty()) columns.insert(*column);
    }
    if (items_.choices.has_value()) {
      columns.insert(items_.choices->columns.begin(), items_.choices->columns.end());
      if (!items_.choices->list_column.empty()) columns.insert(items_.choices->list_column);
    }
    columns_.assign(columns.begin(), columns.end());
  }

  void AddFile(const SourceFile& file, const std::string& split, const std::string& group) {
    const size_t before = read_.size();
    const bool was_fine = problems_.empty();
    ForEachRecord(
        file, declaration_.data, columns_,
        [&](const DataRecord& record) { AddRecord(file.path, record, split, group); }, &problems_);
    if (read_.size() == before && was_fine && problems_.empty()) {
      problems_.Add(absl::StrCat(file.path, ": the file has no records"));
    }
  }

  std::vector<Item> Finish() {
    std::stable_sort(read_.begin(), read_.end(), [](const Item& a, const Item& b) {
      return std::tie(a.group, a.split) < std::tie(b.group, b.split);  // "dev" before "test"
    });
    for (size_t i = 0; i < read_.size(); ++i) read_[i].ordinal = static_cast<int64_t>(i);
    return std::move(read_);
  }

 private:
  // Where the value is not there, or a list, a problem and nothing.
  std::optional<std::string> Text(absl::string_view path, const DataRecord& record,
                                  const std::string& column) {
    const auto found = record.values.find(column);
    if (found != record.values.end() && !found->second.is_list) return found->second.text;
    problems_.Add(path, record.line,
                  found == record.values.end()
                      ? absl::StrCat("the record has no ", Excerpt(column))
                      : absl::StrCat(Excerpt(column), " is a list where it must be a text"));
    return std::nullopt;
  }

  void AddRecord(const std::string& path, const DataRecord& record, const std::string& split,
                 const std::string& file_group) {
    Item item;
    item.split = split;
    bool is_whole = ReadGroup(path, record, file_group, &item);
    for (const FieldDeclaration& field : items_.fields) {
      std::optional<std::string> text = Text(path, record, field.column);
      is_whole = is_whole && text.has_value();
      if (text.has_value()) item.fields[field.name] = *std::move(text);
    }
    is_whole = ReadTarget(path, record, &item) && is_whole;
    is_whole = ReadId(path, record, &item) && is_whole;
    if (is_whole) read_.push_back(std::move(item));
  }

  bool ReadGroup(absl::string_view path, const DataRecord& record, const std::string& file_group,
                 Item* item) {
    if (items_.group.empty()) {
      item->group = file_group.empty() ? GroupNameOf(declaration_.name) : file_group;
      return true;
    }
    const std::optional<std::string> text = Text(path, record, items_.group);
    if (!text.has_value()) return false;
    if (PythonStrip(*text).empty()) {
      problems_.Add(path, record.line,
                    absl::StrCat("the group, ", Excerpt(items_.group), ", is empty"));
      return false;
    }
    item->group = GroupNameOf(PythonStrip(*text));
    const auto [known, is_new] = groups_.emplace(item->group, *text);
    if (is_new || known->second == *text) return true;
    problems_.Add(path, record.line,
                  absl::StrCat("the groups ", Excerpt(known->second), " and ", Excerpt(*text),
                               " would have one name, ", item->group, "; rename one"));
    return false;
  }

  bool ReadTarget(absl::string_view path, const DataRecord& record, Item* item) {
    const std::string& column = items_.target.column;
    const auto found = record.values.find(column);
    const bool is_list = found != record.values.end() && found->second.is_list;
    if (!items_.choices.has_value() && is_list) {
      // Several answers are right.
      const std::vector<std::string>& targets = found->second.texts;
      if (targets.empty()) {
        problems_.Add(path, record.line, absl::StrCat(Excerpt(column), " has no right answer"));
        return false;
      }
      item->target = targets.front();
      for (size_t i = 1; i < targets.size(); ++i) {
        item->fields[absl::StrCat("target@", i + 1)] = targets[i];
      }
      return true;
    }
    const std::optional<std::string> target = Text(path, record, column);
    if (!items_.choices.has_value()) {
      item->target = target.value_or("");
      return target.has_value();
    }
    const std::optional<std::vector<std::string>> options = Options(path, record);
    if (!target.has_value() || !options.has_value()) return false;
    const std::string problem =
        SetChoices(*items_.choices, items_.target.kind, *options, *target, item);
    if (!problem.empty()) problems_.Add(path, record.line, problem);
    return problem.empty();
  }

  // The options' texts. Empty cells at the end are no options.
  std::optional<std::vector<std::string>> Options(absl::string_view path,
                                                  const DataRecord& record) {
    const ChoicesDeclaration& choices = *items_.choices;
    std::vector<std::string> texts;
    if (!choices.list_column.empty()) {
      const auto found = record.values.find(choices.list_column);
      if (found != record.values.end() && found->second.is_list) return found->second.texts;
      problems_.Add(path, record.line,
                    absl::StrCat(Excerpt(choices.list_column), " is not there, or no list"));
      return std::nullopt;
    }
    for (const std::string& column : choices.columns) {
      const auto found = record.values.find(column);
      if (found == record.values.end()) {
        texts.push_back("");
        continue;
      }
      const std::optional<std::string> text = Text(path, record, column);
      if (!text.has_value()) return std::nullopt;
      texts.push_back(*text);
    }
    while (!texts.empty() && PythonStrip(texts.back()).empty()) texts.pop_back();
    for (size_t i = 0; i < texts.size(); ++i) {
      if (!PythonStrip(texts[i]).empty()) continue;
      problems_.Add(path, record.line,
                    absl::StrCat("the option ", Excerpt(choices.columns[i]),
                                 " is empty, and one behind it is not"));
      return std::nullopt;
    }
    return texts;
  }

  bool ReadId(const std::string& path, const DataRecord& record, Item* item) {
    const std::string prefix =
        absl::StrCat(declaration_.name, "/",
                     item->group == GroupNameOf(declaration_.name) || !items_.id.empty()
                         ? ""
                         : absl::StrCat(item->group, "/"),
                     item->split == kDev ? "dev/" : "");
    if (items_.id.empty()) {
      item->id = absl::StrCat(prefix, counts_[prefix]++);
      return true;
    }
    const std::optional<std::string> text = Text(path, record, items_.id);
    if (!text.has_value()) return false;
    if (!IsItemName(*text)) {
      problems_.Add(path, record.line,
                    absl::StrCat("the id is ", Excerpt(*text),
                                 "; use 1 to 200 letters, digits, _ - . : and / only"));
      return false;
    }
    item->id = absl::StrCat(prefix, *text);
    const auto [known, is_new] = ids_.emplace(item->id, absl::StrCat(path, ":", record.line));
    if (is_new) return true;
    problems_.Add(
        path, record.line,
        absl::StrCat("the id ", Excerpt(*text), " is that of ", known->second, " as well"));
    return false;
  }

  const Declaration& declaration_;
  const ItemsDeclaration& items_;
  DataProblems& problems_;
  std::vector<std::string> columns_;
  std::vector<Item> read_;
  std::map<std::string, std::string> groups_;  // name -> as the data have it
  std::map<std::string, std::string> ids_;     // id -> where it is
  std::map<std::string, int64_t> counts_;      // items by the id's prefix
};

}  // namespace

std::string GroupNameOf(absl::string_view text) {
  std::string name(text);
  for (char& c : name) {
    const bool fits = absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
    if (!fits) c = '_';
  }
  return name;
}

std::string SetChoices(const ChoicesDeclaration& choices, TargetDeclaration::Kind kind,
                       const std::vector<std::string>& options, const std::string& target,
                       Item* item) {
  using Kind = TargetDeclaration::Kind;
  const size_t count = choices.has_texts() ? options.size() : choices.listed.size();
  if (count < 2) return absl::StrCat("there are ", count, " options where there must be 2");
  if (!choices.listed.empty() && count > choices.listed.size()) {
    return absl::StrCat("there are ", count, " options and ", choices.listed.size(), " labels");
  }
  for (size_t i = 0; i < count; ++i) {
    item->choices.push_back(choices.LabelOf(i));
    if (!choices.has_texts()) continue;
    if (std::find(options.begin(), options.begin() + i, options[i]) != options.begin() + i) {
      return absl::StrCat("the option ", Excerpt(options[i]), " is there twice");
    }
    item->fields[item->choices.back()] = options[i];
  }
  const absl::string_view stripped = PythonStrip(target);
  size_t right = count;
  int64_t place = 0;
  switch (kind) {
    case Kind::kText:
    case Kind::kLabel:
      right =
          std::find(item->choices.begin(), item->choices.end(), stripped) - item->choices.begin();
      break;
    case Kind::kOptionText:
      right = std::find(options.begin(), options.end(), target) - options.begin();
      break;
    case Kind::kIndex:
    case Kind::kNumber:
      if (kind == Kind::kNumber) place = -1;
      if (int64_t given = 0; absl::SimpleAtoi(stripped, &given))
        place += given;
      else
        place = -1;
      if (place >= 0 && place < static_cast<int64_t>(count)) right = static_cast<size_t>(place);
      break;
  }
  if (right < count) {
    item->target = item->choices[right];
    return "";
  }
  const std::vector<std::string>& accepted = kind == Kind::kOptionText ? options : item->choices;
  const bool by_place = kind == Kind::kIndex || kind == Kind::kNumber;
  return absl::StrCat("the target ", Excerpt(target), " is none of the options; it must be ",
                      by_place ? absl::StrCat(kind == Kind::kIndex ? 0 : 1, " to ",
                                              kind == Kind::kIndex ? count - 1 : count)
                               : absl::StrJoin(accepted, ", "));
}

std::vector<Item> ReadItems(const Declaration& declaration, absl::Span<const SourceFile> files,
                            DataProblems* problems) {
  std::map<absl::string_view, const SourceFile*> ordered;
  for (const SourceFile& file : files) {
    if (!ordered.emplace(file.path, &file).second) {
      problems->Add(absl::StrCat(file.path, ": the file is there twice"));
    }
  }
  ItemReader reader(declaration, problems);
  std::map<std::pair<std::string, std::string>, std::string> group_files;
  bool has_items = false;
  for (const auto& [path, file] : ordered) {
    std::string split = kDev;
    std::optional<std::string> group;
    if (declaration.data.dev_files.has_value()) group = declaration.data.dev_files->Match(path);
    if (!group.has_value()) {
      split = kTest;
      group = declaration.data.files.Match(path);
    }
    if (!group.has_value() || problems->full()) continue;
    const auto [known, is_new] = group_files.emplace(std::pair(split, *group), std::string(path));
    if (!group->empty() && !is_new) {
      problems->Add(
          absl::StrCat(file->path, ": the group ", *group, " is in ", known->second, " already"));
      continue;
    }
    has_items |= split == kTest;
    reader.AddFile(*file, split, *group);
  }
  if (!has_items) {
    problems->Add(absl::StrCat("no file of benchmark ", declaration.name, "; expected ",
                               declaration.data.files.text()));
  }
  return reader.Finish();
}

}  // namespace assay
