#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/benchmark/group_name.h"
#include "common/benchmark/utf8.h"
#include "common/declaration/declaration.h"
#include "common/declaration/protocol_reader.h"

namespace assay {
namespace {

constexpr size_t kMostNameBytes = 100;
constexpr size_t kMostLetters = 26;
// What templates call by name themselves.
const char* const kReserved[] = {"group", "options", "prompt", "target", "answer"};

bool IsFieldName(absl::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

std::vector<std::string> TextsOf(const YamlNode* node) {
  std::vector<std::string> texts;
  if (node == nullptr) return texts;
  for (const YamlNode& item : node->items) texts.push_back(item.text);
  return texts;
}

class DeclarationReader {
 public:
  DeclarationReader(const YamlNode& document, Mistakes* mistakes)
      : document_(document), mistakes_(*mistakes) {}

  Declaration Read() {
    ReadNames();
    if (const YamlNode* data = Member(document_, "data")) ReadData(*data);
    if (const YamlNode* items = Member(document_, "items")) ReadItems(*items);
    if (const YamlNode* parents = Member(document_, "parent_groups")) ReadParents(*parents);
    if (const YamlNode* examples = Member(document_, "examples")) ReadExamples(*examples);
    if (const YamlNode* protocols = Member(document_, "protocols")) {
      ReadProtocols(*protocols, &declaration_, &mistakes_);
    }
    return std::move(declaration_);
  }

 private:
  // A member of a mapping, null when it has none that is something.
  static const YamlNode* Member(const YamlNode& node, absl::string_view key) {
    const YamlNode* const member = node.Find(key);
    return member == nullptr || member->kind == YamlNode::Kind::kNothing ? nullptr : member;
  }
  static const YamlNode* Scalar(const YamlNode& node, absl::string_view key) {
    const YamlNode* const member = Member(node, key);
    return member == nullptr || member->kind != YamlNode::Kind::kScalar ? nullptr : member;
  }
  static std::string TextOf(const YamlNode& node, absl::string_view key) {
    const YamlNode* const member = Scalar(node, key);
    return member == nullptr ? "" : member->text;
  }

  void ReadNames() {
    declaration_.name = TextOf(document_, "name");
    declaration_.description = TextOf(document_, "description");
    int64_t version = 0;
    if (const YamlNode* node = Member(document_, "version"); node && ReadInteger(*node, &version)) {
      declaration_.version = static_cast<int>(version);
    }
    const YamlNode* const name = Scalar(document_, "name");
    if (name != nullptr) CheckName(*name, "name", &mistakes_);
    const YamlNode* const description = Scalar(document_, "description");
    if (description != nullptr && absl::StrContains(description->text, '\n')) {
      mistakes_.Add(*description, "description has several lines; one is shown in lists");
    }
  }

  FilePattern ReadPattern(const YamlNode& node, absl::string_view what) {
    FilePattern pattern(node.text);
    const std::string problem = pattern.Problem();
    if (!problem.empty()) mistakes_.Add(node, absl::StrCat(what, " ", problem));
    return pattern;
  }

  void ReadData(const YamlNode& node) {
    DataDeclaration& data = declaration_.data;
    const YamlNode* const files = Scalar(node, "files");
    if (files != nullptr) data.files = ReadPattern(*files, "data.files");
    const YamlNode* const dev = Scalar(node, "dev_files");
    if (dev != nullptr) {
      data.dev_files = ReadPattern(*dev, "data.dev_files");
      if (files != nullptr && data.files.has_group() != data.dev_files->has_group()) {
        mistakes_.Add(*dev, "data.files and data.dev_files must both have {group}, or neither");
      }
    }
    const std::string format = TextOf(node, "format");
    data.format = format == "json"    ? DataFormat::kJson
                  : format == "jsonl" ? DataFormat::kJsonLines
                                      : DataFormat::kCsv;
    const YamlNode* const columns = Member(node, "columns");
    data.columns = TextsOf(columns);
    if (columns != nullptr && data.format != DataFormat::kCsv) {
      mistakes_.Add(*columns, "data.columns is for CSV files; JSON has names of its own");
    }
    std::set<std::string> seen;
    for (size_t i = 0; columns != nullptr && i < columns->items.size(); ++i) {
      if (!seen.insert(columns->items[i].text).second) {
        mistakes_.Add(
            columns->items[i],
            absl::StrCat("the column ", Excerpt(columns->items[i].text), " is there twice"));
      }
    }
    const YamlNode* const records = Member(node, "records");
    data.records = TextOf(node, "records");
    if (records != nullptr && data.format != DataFormat::kJson) {
      mistakes_.Add(*records, "data.records is for the format json");
    }
  }

  // A column's name; that of a CSV file without header line must be among the columns.
  std::string ReadColumn(const YamlNode& node, absl::string_view what) {
    const std::vector<std::string>& columns = declaration_.data.columns;
    if (node.text.empty()) mistakes_.Add(node, absl::StrCat(what, " is empty; name a column"));
    if (!columns.empty() && !node.text.empty() &&
        std::find(columns.begin(), columns.end(), node.text) == columns.end()) {
      mistakes_.Add(node, absl::StrCat(what, ": data.columns has no ", Excerpt(node.text),
                                       Suggestion(node.text, columns)));
    }
    return node.text;
  }

  void AddField(const YamlNode& name, const YamlNode& column) {
    for (const FieldDeclaration& field : declaration_.items.fields) {
      if (field.name == name.text) {
        mistakes_.Add(name, absl::StrCat("the field ", Excerpt(name.text), " is there twice"));
        return;
      }
    }
    if (!IsFieldName(name.text)) {
      mistakes_.Add(name,
                    absl::StrCat("the field's name ", Excerpt(name.text),
                                 " has other characters than letters, digits and _; call it by "
                                 "another: fields: {name: ",
                                 Excerpt(column.text), "}"));
    }
    for (const char* reserved : kReserved) {
      if (name.text == reserved) {
        mistakes_.Add(name, absl::StrCat("{", reserved,
                                         "} means something else in templates; call "
                                         "the field by another name: fields: {its_",
                                         reserved, ": ", column.text, "}"));
      }
    }
    declaration_.items.fields.push_back({name.text, ReadColumn(column, "items.fields")});
  }

  void ReadItems(const YamlNode& node) {
    if (const YamlNode* fields = Member(node, "fields")) {
      for (size_t i = 0; i < fields->items.size(); ++i) {
        const bool is_list = fields->kind == YamlNode::Kind::kList;
        AddField(is_list ? fields->items[i] : fields->keys[i], fields->items[i]);
      }
    }
    if (const YamlNode* id = Scalar(node, "id")) {
      declaration_.items.id = ReadColumn(*id, "items.id");
    }
    if (const YamlNode* group = Scalar(node, "group")) {
      declaration_.items.group = ReadColumn(*group, "items.group");
      if (declaration_.data.files.has_group()) {
        mistakes_.Add(*group, "the group is {group} of data.files; remove one of the two");
      }
    }
    if (const YamlNode* choices = Member(node, "choices")) ReadChoices(*choices);
    if (const YamlNode* target = Member(node, "target")) ReadTarget(*target);
  }

  void ReadChoices(const YamlNode& node) {
    ChoicesDeclaration choices;
    const YamlNode* const labels = Member(node, "labels");
    if (labels != nullptr && labels->kind == YamlNode::Kind::kList) {
      choices.labels = ChoicesDeclaration::Labels::kListed;
      choices.listed = TextsOf(labels);
      std::set<std::string> seen;
      for (const YamlNode& label : labels->items) {
        if (label.text.empty()) mistakes_.Add(label, "a label is empty");
        if (!seen.insert(label.text).second) {
          mistakes_.Add(label, absl::StrCat("the label ", Excerpt(label.text), " is there twice"));
        }
      }
      if (choices.listed.size() < 2) mistakes_.Add(*labels, "a choice needs two options at least");
    } else if (labels != nullptr && labels->text == "numbers") {
      choices.labels = ChoicesDeclaration::Labels::kNumbers;
    }
    const YamlNode* const texts = Member(node, "texts");
    if (texts == nullptr && choices.listed.empty()) {
      mistakes_.Add(node, "items.choices needs texts (columns), or a list of labels");
    }
    if (texts != nullptr && texts->kind == YamlNode::Kind::kScalar) {
      choices.list_column = ReadColumn(*texts, "items.choices.texts");
      if (declaration_.data.format == DataFormat::kCsv) {
        mistakes_.Add(*texts,
                      "a column of a CSV file holds no list; name a column for each option: texts: "
                      "[a, b]");
      }
    } else if (texts != nullptr) {
      for (const YamlNode& column : texts->items) {
        choices.columns.push_back(ReadColumn(column, "items.choices.texts"));
      }
      if (choices.columns.size() < 2) mistakes_.Add(*texts, "a choice needs two options at least");
      if (!choices.listed.empty() && choices.listed.size() != choices.columns.size()) {
        mistakes_.Add(*texts, absl::StrCat("there are ", choices.listed.size(), " labels and ",
                                           choices.columns.size(), " columns of texts"));
      }
      if (choices.labels == ChoicesDeclaration::Labels::kLetters &&
          choices.columns.size() > kMostLetters) {
        mistakes_.Add(*texts, "there are more options than letters; use labels: numbers");
      }
    }
    for (const FieldDeclaration& field : declaration_.items.fields) {
      for (size_t i = 0; i < std::max(choices.columns.size(), choices.listed.size()); ++i) {
        const bool same = i < choices.columns.size() && choices.columns[i] == field.column;
        if (field.name == choices.LabelOf(i) && choices.has_texts() && !same) {
          mistakes_.Add(node, absl::StrCat("the field ", Excerpt(field.name),
                                           " is called as the label of an option; rename it"));
        }
      }
    }
    declaration_.items.choices = std::move(choices);
  }

  void ReadTarget(const YamlNode& node) {
    TargetDeclaration& target = declaration_.items.target;
    const bool has_choices = declaration_.items.choices.has_value();
    if (has_choices) target.kind = TargetDeclaration::Kind::kLabel;
    if (node.kind == YamlNode::Kind::kScalar) {
      target.column = ReadColumn(node, "items.target");
      return;
    }
    if (const YamlNode* column = Scalar(node, "column")) {
      target.column = ReadColumn(*column, "items.target.column");
    }
    const YamlNode* const is = Scalar(node, "is");
    if (is == nullptr) return;
    if (!has_choices) {
      mistakes_.Add(*is, "items.target.is tells of an option, and items have no choices");
      return;
    }
    using Kind = TargetDeclaration::Kind;
    target.kind = is->text == "text"     ? Kind::kOptionText
                  : is->text == "index"  ? Kind::kIndex
                  : is->text == "number" ? Kind::kNumber
                                         : Kind::kLabel;
    if (target.kind == Kind::kOptionText && !declaration_.items.choices->has_texts()) {
      mistakes_.Add(*is, "the options have no texts; is: label");
    }
  }

  void ReadParents(const YamlNode& node) {
    for (size_t i = 0; i < node.items.size(); ++i) {
      const std::string& parent = node.keys[i].text;
      if (parent.empty() || IsGroupName(parent)) {
        mistakes_.Add(node.keys[i],
                      absl::StrCat("the larger group ", Excerpt(parent),
                                   " could be mistaken for a group; write KIND:NAME, for example "
                                   "category:",
                                   parent));
      }
      for (const YamlNode& group : node.items[i].items) {
        if (!IsGroupName(group.text)) {
          mistakes_.Add(group, absl::StrCat(Excerpt(group.text),
                                            " is no group's name: letters, digits, _ and -"));
        }
        declaration_.parent_groups[parent].push_back(group.text);
      }
    }
  }

  void ReadExamples(const YamlNode& node) {
    for (const YamlNode& example : node.items) {
      if (example.kind == YamlNode::Kind::kMapping) ReadExample(example);
    }
  }

  void ReadExample(const YamlNode& node) {
    ExampleDeclaration example;
    std::vector<std::string> names;
    for (const FieldDeclaration& field : declaration_.items.fields) names.push_back(field.name);
    if (const YamlNode* fields = Member(node, "fields")) {
      for (size_t i = 0; i < fields->items.size(); ++i) {
        const std::string& name = fields->keys[i].text;
        if (std::find(names.begin(), names.end(), name) == names.end()) {
          mistakes_.Add(fields->keys[i], absl::StrCat("items.fields has no ", Excerpt(name),
                                                      Suggestion(name, names)));
        }
        example.fields[name] = fields->items[i].text;
      }
      for (const std::string& name : names) {
        if (example.fields.count(name) == 0) {
          mistakes_.Add(*fields, absl::StrCat("the example lacks the field ", Excerpt(name)));
        }
      }
    }
    const YamlNode* const options = Member(node, "options");
    example.options = TextsOf(options);
    example.target = TextOf(node, "target");
    declaration_.examples.push_back(example);
    if (!declaration_.items.choices.has_value()) {
      if (options != nullptr)
        mistakes_.Add(*options, "items have no choices, so this has no options");
      return;
    }
    const ChoicesDeclaration& choices = *declaration_.items.choices;
    size_t count = choices.has_texts() ? example.options.size() : choices.listed.size();
    const size_t wanted = std::max(choices.columns.size(), choices.listed.size());
    if (choices.has_texts() && (count < 2 || (wanted > 0 && count > wanted))) {
      mistakes_.Add(options == nullptr ? node : *options,
                    absl::StrCat("the example has ", count, " options where there must be ",
                                 wanted > 0 ? absl::StrCat("2 to ", wanted) : "at least 2"));
      return;
    }
    std::vector<std::string> labels;
    for (size_t i = 0; i < count; ++i) labels.push_back(choices.LabelOf(i));
    const YamlNode* const target = Member(node, "target");
    if (target != nullptr &&
        std::find(labels.begin(), labels.end(), example.target) == labels.end()) {
      mistakes_.Add(*target,
                    absl::StrCat("the example's target ", Excerpt(example.target),
                                 " is none of its labels", Suggestion(example.target, labels)));
    }
  }

  const YamlNode& document_;
  Mistakes& mistakes_;
  Declaration declaration_;
};

}  // namespace

std::string ChoicesDeclaration::LabelOf(size_t option) const {
  switch (labels) {
    case Labels::kLetters:
      return option < kMostLetters ? std::string(1, static_cast<char>('A' + option))
                                   : absl::StrCat(option + 1);
    case Labels::kNumbers:
      return absl::StrCat(option + 1);
    case Labels::kListed:
      return option < listed.size() ? listed[option] : "";
  }
  return "";
}

void CheckName(const YamlNode& node, absl::string_view what, Mistakes* mistakes) {
  const std::string& name = node.text;
  const bool valid = !name.empty() && name.size() <= kMostNameBytes && name[0] != '-' &&
                     std::all_of(name.begin(), name.end(), [](unsigned char c) {
                       return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
                     });
  if (valid) return;
  mistakes->Add(node, absl::StrCat(what, " is ", Excerpt(name), "; use 1 to ", kMostNameBytes,
                                   " letters, digits, '.', '_' or '-', and no '-' in front"));
}

Declaration ReadDeclaration(const YamlNode& document, Mistakes* mistakes) {
  Mistakes shape;
  CheckShape(document, DeclarationShape(), "", &shape);
  for (const Mistake& mistake : shape.Sorted()) mistakes->Add(mistake);
  if (document.kind != YamlNode::Kind::kMapping) return {};
  // What has the wrong shape was told of; it is taken for what is missing.
  return DeclarationReader(document, mistakes).Read();
}

}  // namespace assay
