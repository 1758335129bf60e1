// A benchmark as a YAML file declares it. docs/own_benchmark.md is the language's description.
#ifndef ASSAY_COMMON_DECLARATION_DECLARATION_H_
#define ASSAY_COMMON_DECLARATION_DECLARATION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/benchmark/benchmark.h"
#include "common/declaration/file_pattern.h"
#include "common/declaration/mistakes.h"
#include "common/declaration/shape.h"
#include "common/declaration/template.h"

namespace assay {

enum class DataFormat { kCsv, kJson, kJsonLines };

struct DataDeclaration {
  FilePattern files;
  std::optional<FilePattern> dev_files;
  DataFormat format = DataFormat::kCsv;
  std::vector<std::string> columns;  // of CSV without a header line
  std::string records;  // JSON: the key whose list they are; empty: the file is the list
};

struct FieldDeclaration {
  std::string name;
  std::string column;
};

struct ChoicesDeclaration {
  enum class Labels { kLetters, kNumbers, kListed };

  Labels labels = Labels::kLetters;
  std::vector<std::string> listed;   // of kListed
  std::vector<std::string> columns;  // of the options' texts
  std::string list_column;           // a column that holds them all

  std::string LabelOf(size_t option) const;
  // Whether the options have texts beside their labels.
  bool has_texts() const { return !columns.empty() || !list_column.empty(); }
};

struct TargetDeclaration {
  enum class Kind {
    kText,        // the right answer, free text
    kLabel,       // the label of the right option
    kOptionText,  // its text
    kIndex,       // its place, from 0
    kNumber,      // its place, from 1
  };

  std::string column;
  Kind kind = Kind::kText;
};

struct ItemsDeclaration {
  std::vector<FieldDeclaration> fields;
  std::string id;     // column; empty: the item's place in its group
  std::string group;  // column; empty: by the file's name, or all items are one group
  std::optional<ChoicesDeclaration> choices;
  TargetDeclaration target;
};

struct ExampleDeclaration {
  std::map<std::string, std::string> fields;
  std::vector<std::string> options;  // texts
  std::string target;
};

struct ProtocolDeclaration {
  enum class ShotSource {
    kDev,       // the first of the group's dev items
    kFirst,     // the first items of the group, which are then not asked
    kExamples,  // the first of Declaration::examples
    kRandom,    // drawn from the group's dev items, or from its items, which are then not asked
  };

  ProtocolSpec spec;
  ShotSource shot_source = ShotSource::kFirst;
  uint64_t seed = 0;
  Template preamble;
  Template prompt;
  Template shot;
  Template option;
  Template choice;
};

struct Declaration {
  std::string name;
  int version = 0;
  std::string description;
  DataDeclaration data;
  ItemsDeclaration items;
  std::map<std::string, std::vector<std::string>> parent_groups;  // parent -> groups
  std::vector<ExampleDeclaration> examples;
  std::vector<ProtocolDeclaration> protocols;  // the default first
};

// What a document that declares a benchmark looks like.
const Shape& DeclarationShape();

// The declaration that `document` is, as far as it is one; what is wrong with it goes to
// `mistakes`. Without a mistake the declaration is whole.
Declaration ReadDeclaration(const YamlNode& document, Mistakes* mistakes);

}  // namespace assay

#endif  // ASSAY_COMMON_DECLARATION_DECLARATION_H_
