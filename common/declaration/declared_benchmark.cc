#include "common/declaration/declared_benchmark.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "common/benchmark/prompt_text.h"
#include "common/benchmark/python_random.h"
#include "common/declaration/item_reader.h"
#include "common/declaration/record_reader.h"
#include "common/declaration/yaml_node.h"

namespace assay {
namespace {

using ShotSource = ProtocolDeclaration::ShotSource;

// Raised with every change of how data are read by the same declaration.
constexpr int kReadingVersion = 1;
constexpr char kDev[] = "dev";
constexpr size_t kMostProblemsInStatus = 20;

// What the declaration says of the data, and nothing else of it.
std::string ReadingDigest(const Declaration& declaration) {
  using Json = nlohmann::json;
  const DataDeclaration& data = declaration.data;
  const ItemsDeclaration& items = declaration.items;
  Json fields = Json::array();
  for (const FieldDeclaration& field : items.fields) fields.push_back({field.name, field.column});
  Json choices;
  if (items.choices.has_value()) {
    choices = {static_cast<int>(items.choices->labels), items.choices->listed,
               items.choices->columns, items.choices->list_column};
  }
  const Json reading = {kReadingVersion,
                        declaration.name,
                        data.files.text(),
                        data.dev_files.has_value() ? data.dev_files->text() : "",
                        static_cast<int>(data.format),
                        data.columns,
                        data.records,
                        fields,
                        items.id,
                        items.group,
                        choices,
                        items.target.column,
                        static_cast<int>(items.target.kind)};
  return Sha256Hex(reading.dump());
}

absl::Status NotEnough(const Declaration& declaration, absl::Span<const Item> group, size_t there,
                       absl::string_view where, int shots) {
  return absl::InvalidArgumentError(absl::StrCat(
      "benchmark ", declaration.name, ": group ", group.empty() ? "" : group.front().group, " has ",
      there, " ", where, ", and ", shots, " shots are asked for"));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const DeclaredBenchmark>> DeclaredBenchmark::Read(
    absl::string_view path, absl::string_view text, bool built_in) {
  ASSAY_ASSIGN_OR_RETURN(const YamlNode document, ReadYaml(path, text));
  Mistakes mistakes;
  Declaration declaration = ReadDeclaration(document, &mistakes);
  ASSAY_RETURN_IF_ERROR(MistakesStatus(path, mistakes.Sorted()));
  BenchmarkSource source = {declaration.version, std::string(text), Sha256Hex(text), built_in};
  return std::shared_ptr<const DeclaredBenchmark>(
      new DeclaredBenchmark(std::move(declaration), std::move(source)));
}

DeclaredBenchmark::DeclaredBenchmark(Declaration declaration, BenchmarkSource source)
    : declaration_(std::move(declaration)),
      source_(std::move(source)),
      description_(absl::StrCat(declaration_.description, ", in ", declaration_.data.files.text(),
                                declaration_.data.dev_files.has_value()
                                    ? absl::StrCat(" and ", declaration_.data.dev_files->text())
                                    : "")),
      reading_sha256_(source_.built_in ? "" : ReadingDigest(declaration_)) {
  for (const ProtocolDeclaration& protocol : declaration_.protocols) {
    protocols_.push_back(protocol.spec);
  }
}

bool DeclaredBenchmark::IsDataFile(absl::string_view path) const {
  const DataDeclaration& data = declaration_.data;
  return data.files.Match(path).has_value() ||
         (data.dev_files.has_value() && data.dev_files->Match(path).has_value());
}

absl::StatusOr<std::vector<Item>> DeclaredBenchmark::Parse(
    absl::Span<const SourceFile> files) const {
  DataProblems problems;
  std::vector<Item> items = ReadItems(declaration_, files, &problems);
  if (problems.empty()) return items;
  std::vector<std::string> lines = problems.messages();
  if (lines.size() > kMostProblemsInStatus) {
    const size_t more = lines.size() - kMostProblemsInStatus;
    lines.resize(kMostProblemsInStatus);
    lines.push_back(absl::StrCat("and ", more, problems.full() ? " more at least" : " more"));
  }
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

absl::StatusOr<Selection> DeclaredBenchmark::Select(const ProtocolSpec& protocol, int shots,
                                                    absl::Span<const Item> group) const {
  if (shots < 0) {
    return absl::InvalidArgumentError(absl::StrCat("shots must be 0 or more, not ", shots));
  }
  const ProtocolDeclaration& declared = DeclarationOf(protocol);
  const size_t count = static_cast<size_t>(shots);
  Selection selection;
  std::vector<Item> dev;
  for (const Item& item : group) (item.split == kDev ? dev : selection.items).push_back(item);

  if (declared.shot_source == ShotSource::kExamples) {
    selection.shots = ExampleItems(group.empty() ? "" : group.front().group);
    if (selection.shots.size() < count) {
      return absl::InvalidArgumentError(absl::StrCat("benchmark ", declaration_.name, " has ",
                                                     selection.shots.size(), " examples, and ",
                                                     shots, " shots are asked for"));
    }
    selection.shots.resize(count);
    return selection;
  }
  const bool from_dev = declared.shot_source == ShotSource::kDev ||
                        (declared.shot_source == ShotSource::kRandom && !dev.empty());
  const std::vector<Item>& pool = from_dev ? dev : selection.items;
  if (pool.size() < count) {
    return NotEnough(declaration_, group, pool.size(), from_dev ? "examples" : "items", shots);
  }
  std::vector<size_t> places;
  if (declared.shot_source == ShotSource::kRandom) {
    places = PythonRandom(declared.seed).Sample(pool.size(), count);
  } else {
    for (size_t i = 0; i < count; ++i) places.push_back(i);
  }
  for (const size_t place : places) selection.shots.push_back(pool[place]);
  if (from_dev) return selection;
  const std::set<size_t> taken(places.begin(), places.end());
  std::vector<Item> asked;
  for (size_t i = 0; i < selection.items.size(); ++i) {
    if (taken.count(i) == 0) asked.push_back(std::move(selection.items[i]));
  }
  selection.items = std::move(asked);
  return selection;
}

std::string DeclaredBenchmark::RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                                            absl::Span<const Item> shots) const {
  const ProtocolDeclaration& declared = DeclarationOf(protocol);
  std::string prompt = declared.preamble.Render(
      [&](const std::string& name) { return ValueOf(declared, item, name); });
  for (const Item& shot : shots) {
    absl::StrAppend(&prompt, declared.shot.Render([&](const std::string& name) {
      return ValueOf(declared, shot, name);
    }));
  }
  return absl::StrCat(prompt, RenderQuestion(declared, item));
}

std::string DeclaredBenchmark::RenderChoice(const ProtocolSpec& protocol, const Item& item,
                                            size_t choice) const {
  const std::string& label = item.choices[choice];
  return DeclarationOf(protocol).choice.Render([&](const std::string& name) {
    const absl::string_view text = FieldOf(item, label);
    return name == "label" || text.empty() ? label : std::string(text);
  });
}

std::vector<std::string> DeclaredBenchmark::ParentGroups(absl::string_view group) const {
  std::vector<std::string> parents;
  for (const auto& [parent, groups] : declaration_.parent_groups) {
    if (std::find(groups.begin(), groups.end(), group) != groups.end()) parents.push_back(parent);
  }
  return parents;
}

const ProtocolDeclaration& DeclaredBenchmark::DeclarationOf(const ProtocolSpec& protocol) const {
  for (const ProtocolDeclaration& declared : declaration_.protocols) {
    if (declared.spec.name == protocol.name) return declared;
  }
  return declaration_.protocols.front();
}

std::string DeclaredBenchmark::RenderQuestion(const ProtocolDeclaration& protocol,
                                              const Item& item) const {
  return protocol.prompt.Render(
      [&](const std::string& name) { return ValueOf(protocol, item, name); });
}

std::string DeclaredBenchmark::ValueOf(const ProtocolDeclaration& protocol, const Item& item,
                                       const std::string& name) const {
  if (name == "group") return item.group;
  if (name == "target") return item.target;
  if (name == "prompt") return RenderQuestion(protocol, item);
  if (name == "answer") {
    const absl::string_view text = FieldOf(item, item.target);
    return std::string(text.empty() ? item.target : text);
  }
  if (name != "options") return std::string(FieldOf(item, name));
  std::vector<std::string> lines;
  for (const std::string& label : item.choices) {
    lines.push_back(protocol.option.Render([&](const std::string& part) {
      const absl::string_view text = FieldOf(item, label);
      return part == "label" || text.empty() ? label : std::string(text);
    }));
  }
  return absl::StrJoin(lines, "\n");
}

std::vector<Item> DeclaredBenchmark::ExampleItems(absl::string_view group) const {
  std::vector<Item> items;
  for (const ExampleDeclaration& example : declaration_.examples) {
    Item item;
    item.id = absl::StrCat(declaration_.name, "/example/", items.size());
    item.group = std::string(group);
    item.split = kDev;
    item.fields = example.fields;
    item.target = example.target;
    if (declaration_.items.choices.has_value()) {
      // Checked when the declaration was read.
      (void)SetChoices(*declaration_.items.choices, TargetDeclaration::Kind::kLabel,
                       example.options, example.target, &item);
    }
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace assay
