#include <utility>

#include "common/declaration/declaration.h"
#include "common/scoring/grader_kind.h"

namespace assay {
namespace {

using Kind = Shape::Kind;

Shape Text(std::string about = "") {
  return {.kind = Kind::kText, .about = std::move(about), .members = {}};
}

Shape Integer(std::string about, int64_t low, int64_t high) {
  return {
      .kind = Kind::kInteger, .about = std::move(about), .low = low, .high = high, .members = {}};
}

Shape Name(std::string about, std::vector<std::string> names) {
  return {.kind = Kind::kName, .about = std::move(about), .names = std::move(names), .members = {}};
}

Shape List(std::string about, Shape of) {
  return {.kind = Kind::kList, .about = std::move(about), .members = {}, .of = {std::move(of)}};
}

Shape Dictionary(std::string about, Shape of) {
  return {
      .kind = Kind::kDictionary, .about = std::move(about), .members = {}, .of = {std::move(of)}};
}

Shape Mapping(std::string about, std::vector<ShapeMember> members) {
  return {.kind = Kind::kMapping, .about = std::move(about), .members = std::move(members)};
}

Shape AnyOf(std::string about, std::vector<Shape> of) {
  return {.kind = Kind::kAnyOf, .about = std::move(about), .members = {}, .of = std::move(of)};
}

Shape DataShape() {
  return Mapping(
      "the files and how they are read",
      {{"files",
        Text("the file or files, below the imported folder: * stands for a part of a name, {group} "
             "for the name of the items' group; .gz may follow"),
        true},
       {"dev_files", Text("likewise, files of items that serve as examples alone")},
       {"format", Name("how the files are written", {"csv", "json", "jsonl"}), true},
       {"columns", List("the names of the columns of CSV files that have no header line", Text())},
       {"records",
        Text("of JSON files: the key whose list the items are, unless the file is a list")}});
}

Shape ItemsShape() {
  const Shape choices = Mapping(
      "the options of an item, of which one is right",
      {{"labels",
        AnyOf("what the options are called: letters (A, B, ...), numbers (1, 2, ...), or a list of "
              "labels",
              {Name("", {"letters", "numbers"}), List("", Text())})},
       {"texts",
        AnyOf("the columns of the options' texts, or the one column that holds a list of them",
              {Text(), List("", Text())})}});
  const Shape target = AnyOf(
      "the column of the right answer",
      {Text(),
       Mapping("", {{"column", Text("the column of the right answer"), true},
                    {"is", Name("what stands there of an item with options: the right one's label "
                                "or text, its place from 0 (index) or from 1 (number)",
                                {"label", "text", "index", "number"})}})});
  return Mapping(
      "what of a record makes an item",
      {{"fields",
        AnyOf("what templates can show: columns, or names with their columns (a.b is the member b "
              "of a, in JSON)",
              {List("", Text()), Dictionary("", Text())}),
        true},
       {"id", Text("the column of a name that no other item has")},
       {"group", Text("the column of the group that scores are reported by")},
       {"choices", choices},
       {"target", target, true}});
}

Shape ParameterShape(const GraderParameter& parameter) {
  switch (parameter.type) {
    case GraderParameter::Type::kBoolean:
      return {.kind = Kind::kBoolean, .about = parameter.about, .members = {}};
    case GraderParameter::Type::kNumber:
      return {.kind = Kind::kNumber, .about = parameter.about, .members = {}};
    case GraderParameter::Type::kName:
      return Name(parameter.about, parameter.names);
    case GraderParameter::Type::kText:
    case GraderParameter::Type::kPattern:
      return Text(parameter.about);
  }
  return Text(parameter.about);
}

Shape GraderShape() {
  Shape tagged = {.kind = Kind::kTagged, .members = {}, .tag = "name"};
  std::vector<std::string> names;
  for (const GraderKind& kind : GraderKinds()) {
    std::vector<ShapeMember> members = {{"name", Text(), true}};
    for (const GraderParameter& parameter : kind.parameters) {
      members.push_back({parameter.name, ParameterShape(parameter), parameter.is_required});
    }
    tagged.names.push_back(kind.name);
    tagged.of.push_back(Mapping(kind.about, std::move(members)));
    names.push_back(kind.name);
  }
  return AnyOf("what tells right from wrong: a name, or a mapping with the name and parameters",
               {Name("", std::move(names)), std::move(tagged)});
}

Shape ProtocolShape() {
  const Shape shots = AnyOf(
      "how many examples come before the question, and where they are from",
      {Integer("", 0, 1000),
       Mapping("", {{"count", Integer("how many", 0, 1000), true},
                    {"from",
                     Name("dev: the first of the dev files; first: the first items of the group, "
                          "which are then not asked; examples: those of this file; random: drawn "
                          "from the dev files, or from the group's items",
                          {"dev", "first", "examples", "random"})},
                    {"seed", Integer("of random: as Python's random.seed(N) has it", 0,
                                     std::numeric_limits<int32_t>::max())}})});
  return Mapping(
      "a way to ask the items",
      {{"name", Text("what --protocol names it by"), true},
       {"request",
        Name("generate: the model writes; score_choices: the log-likelihood of each option",
             {"generate", "score_choices"}),
        true},
       {"preamble", Text("template of what comes before everything: fields and {group}")},
       {"prompt", Text("template of the question: fields, {group} and {options}"), true},
       {"shot",
        Text("template of an example: those of the prompt, {prompt}, {target} and {answer}; unless "
             "given \"{prompt} {target}\\n\\n\"")},
       {"option",
        Text("template of a line of {options}: {label} and {text}; unless given \"{label}. "
             "{text}\"")},
       {"choice",
        Text("template of what is scored for an option: {label} and {text}; unless given \" "
             "{label}\"")},
       {"shots", shots},
       {"max_input",
        Integer("tokens of the prompt; examples are left out, last first, until it fits; unless "
                "given 2048",
                1, 1000000)},
       {"max_output", Integer("tokens that are generated at most", 1, 100000)},
       {"stop", List("texts where the answer ends; what the model wrote is stored whole", Text())},
       {"grader", GraderShape(), true},
       {"average",
        Name("the score is the mean over all items (micro, unless given) or over the groups' means "
             "(macro)",
             {"micro", "macro"})},
       {"metric",
        Text("what the share of right answers is called; unless given, the grader says")}});
}

Shape MakeDeclarationShape() {
  const Shape example =
      Mapping("", {{"fields", Dictionary("a text for each field", Text()), true},
                   {"options", List("the options' texts", Text())},
                   {"target", Text("the right answer: of an item with options its label"), true}});
  return Mapping(
      "a benchmark",
      {{"name", Text("what the benchmark is called: letters, digits, . _ -"), true},
       {"version",
        Integer("raised with every change, since a run keeps the version that it was made with", 1,
                1000000),
        true},
       {"description", Text("what the benchmark is, in a line"), true},
       {"data", DataShape(), true},
       {"items", ItemsShape(), true},
       {"parent_groups",
        Dictionary("larger groups that scores are reported by as well, each with its groups",
                   List("", Text()))},
       {"examples", List("examples that are shown before questions", example)},
       {"protocols", List("the ways to ask the items, the default first", ProtocolShape()), true}});
}

}  // namespace

const Shape& DeclarationShape() {
  static const auto* const shape = new Shape(MakeDeclarationShape());
  return *shape;
}

}  // namespace assay
