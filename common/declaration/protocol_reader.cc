#include "common/declaration/protocol_reader.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/benchmark/utf8.h"
#include "common/scoring/grader_kind.h"

namespace assay {
namespace {

using ShotSource = ProtocolDeclaration::ShotSource;

constexpr int kDefaultMaxInput = 2048;
constexpr char kDefaultShot[] = "{prompt} {target}\n\n";
constexpr char kDefaultOption[] = "{label}. {text}";
constexpr char kDefaultChoice[] = " {label}";

class ProtocolReader {
 public:
  ProtocolReader(const YamlNode& node, const std::string& what, const Declaration& declaration,
                 Mistakes* mistakes)
      : node_(node), what_(what), declaration_(declaration), mistakes_(*mistakes) {}

  ProtocolDeclaration Read() {
    ProtocolSpec& spec = protocol_.spec;
    spec.version = declaration_.version;
    if (const YamlNode* name = Scalar("name")) {
      CheckName(*name, absl::StrCat(what_, ".name"), &mistakes_);
      spec.name = name->text;
    }
    const YamlNode* const request = Scalar("request");
    has_request_ = request != nullptr;
    if (request != nullptr && request->text == "score_choices") {
      spec.request_type = RequestType::kScoreChoices;
    }
    ReadLimits();
    ReadGrader();
    ReadShots();
    ReadTemplates();
    if (const YamlNode* average = Scalar("average"); average && average->text == "macro") {
      spec.averaging = Averaging::kMacro;
    }
    if (const YamlNode* metric = Scalar("metric")) {
      if (metric->text.empty()) Add(*metric, "metric", "is empty");
      spec.verdict_metric = metric->text;
    }
    return std::move(protocol_);
  }

 private:
  const YamlNode* Member(absl::string_view key) const {
    const YamlNode* const member = node_.Find(key);
    return member == nullptr || member->kind == YamlNode::Kind::kNothing ? nullptr : member;
  }
  const YamlNode* Scalar(absl::string_view key) const {
    const YamlNode* const member = Member(key);
    return member == nullptr || member->kind != YamlNode::Kind::kScalar ? nullptr : member;
  }
  void Add(const YamlNode& place, absl::string_view key, absl::string_view message) {
    mistakes_.Add(place, absl::StrCat(what_, ".", key, " ", message));
  }
  bool Generates() const { return protocol_.spec.request_type == RequestType::kGenerate; }
  bool HasChoices() const { return declaration_.items.choices.has_value(); }

  void ReadLimits() {
    int64_t value = 0;
    protocol_.spec.max_input = kDefaultMaxInput;
    if (const YamlNode* node = Scalar("max_input"); node && ReadInteger(*node, &value)) {
      protocol_.spec.max_input = static_cast<int>(value);
    }
    const YamlNode* const output = Scalar("max_output");
    if (output != nullptr && ReadInteger(*output, &value)) {
      protocol_.spec.max_output = static_cast<int>(value);
    }
    if (has_request_ && Generates() && Member("max_output") == nullptr) {
      Add(node_, "max_output", "is missing: how many tokens the model may write");
    }
    if (!Generates() && output != nullptr) {
      Add(*output, "max_output", "is for request: generate; score_choices writes nothing");
      protocol_.spec.max_output = 0;
    }
    const YamlNode* const stop = Member("stop");
    if (stop == nullptr) return;
    if (!Generates()) Add(*stop, "stop", "is for request: generate");
    for (const YamlNode& text : stop->items) {
      if (text.text.empty()) Add(text, "stop", "has an empty text");
      protocol_.spec.stop_texts.push_back(text.text);
    }
  }

  void ReadGrader() {
    const YamlNode* const node = Member("grader");
    if (node == nullptr) return;
    const YamlNode* const name = node->kind == YamlNode::Kind::kMapping ? node->Find("name") : node;
    const GraderKind* const kind = name == nullptr ? nullptr : FindGraderKind(name->text);
    if (kind == nullptr) return;  // told of by the shape
    GraderSpec grader = {kind->name, {}, {}};
    for (size_t i = 0; i < node->items.size(); ++i) {
      const std::string& key = node->keys[i].text;
      const GraderParameter* const parameter = kind->Find(key);
      if (parameter == nullptr) continue;
      grader.parameters[key] = node->items[i].text;
      const std::string why = WhyNoValue(*parameter, node->items[i].text);
      if (!why.empty() && parameter->type == GraderParameter::Type::kPattern) {
        Add(node->items[i], absl::StrCat("grader.", key), why);
      }
    }
    for (const GraderParameter& parameter : kind->parameters) {
      if (parameter.is_required && node->kind == YamlNode::Kind::kScalar) {
        Add(*node, "grader",
            absl::StrCat("needs ", parameter.name, "; write {name: ", kind->name, ", ",
                         parameter.name, ": ...}"));
      }
    }
    if (has_request_ && kind->request != protocol_.spec.request_type) {
      Add(*name, "grader",
          absl::StrCat(kind->name, " grades what request: ", RequestTypeName(kind->request),
                       " brings"));
    } else if (kind->needs_choices && !HasChoices()) {
      Add(*name, "grader", absl::StrCat(kind->name, " needs items.choices"));
    }
    protocol_.spec.grader = kind->name;
    protocol_.spec.grader_parameters = grader.parameters;
    const absl::StatusOr<std::shared_ptr<const Grader>> made = MakeGrader(grader);
    if (!made.ok()) return;  // told of above, or by the shape
    protocol_.spec.verdict_metric = std::string((*made)->verdict_metric());
    protocol_.spec.value_metric = std::string((*made)->value_metric());
  }

  void ReadShots() {
    const bool has_dev = declaration_.data.dev_files.has_value();
    const bool has_examples = !declaration_.examples.empty();
    protocol_.shot_source = has_dev        ? ShotSource::kDev
                            : has_examples ? ShotSource::kExamples
                                           : ShotSource::kFirst;
    const YamlNode* const shots = Member("shots");
    if (shots == nullptr) return;
    const bool is_mapping = shots->kind == YamlNode::Kind::kMapping;
    int64_t value = 0;
    const YamlNode* const count = is_mapping ? shots->Find("count") : shots;
    if (count != nullptr && ReadInteger(*count, &value)) {
      protocol_.spec.shots = static_cast<int>(value);
    }
    const YamlNode* const from = is_mapping ? shots->Find("from") : nullptr;
    const std::string source = from == nullptr ? "" : from->text;
    if (source == "dev") protocol_.shot_source = ShotSource::kDev;
    if (source == "first") protocol_.shot_source = ShotSource::kFirst;
    if (source == "examples") protocol_.shot_source = ShotSource::kExamples;
    if (source == "random") protocol_.shot_source = ShotSource::kRandom;
    if (source == "dev" && !has_dev) Add(*from, "shots.from", "is dev, and data has no dev_files");
    if (source == "examples" && !has_examples) {
      Add(*from, "shots.from", "is examples, and the file has no examples");
    }
    if (protocol_.shot_source == ShotSource::kExamples && has_examples &&
        protocol_.spec.shots > static_cast<int>(declaration_.examples.size())) {
      Add(*count, "shots",
          absl::StrCat("are ", protocol_.spec.shots, ", and there are ",
                       declaration_.examples.size(), " examples"));
    }
    const YamlNode* const seed = is_mapping ? shots->Find("seed") : nullptr;
    if (seed != nullptr && source != "random") Add(*seed, "shots.seed", "is for from: random");
    if (seed == nullptr && source == "random") {
      Add(*from, "shots.seed", "is missing: what the draw is made by");
    }
    if (seed != nullptr && ReadInteger(*seed, &value)) {
      protocol_.seed = static_cast<uint64_t>(value);
    }
  }

  Template ReadTemplate(absl::string_view key, absl::string_view otherwise,
                        const std::vector<std::string>& names) {
    const YamlNode* const node = Scalar(key);
    std::vector<std::string> problems;
    Template parsed = Template::Parse(node == nullptr ? otherwise : node->text, names, &problems);
    for (const std::string& problem : problems) {
      Add(node == nullptr ? node_ : *node, key, absl::StrCat("has a mistake: ", problem));
    }
    return parsed;
  }

  void ReadTemplates() {
    std::vector<std::string> names;
    for (const FieldDeclaration& field : declaration_.items.fields) names.push_back(field.name);
    names.push_back("group");
    protocol_.preamble = ReadTemplate("preamble", "", names);
    if (HasChoices()) names.push_back("options");
    protocol_.prompt = ReadTemplate("prompt", "", names);
    if (const YamlNode* prompt = Scalar("prompt"); prompt != nullptr && prompt->text.empty()) {
      Add(*prompt, "prompt", "is empty");
    }
    for (const char* name : {"prompt", "target"}) names.push_back(name);
    if (HasChoices()) names.push_back("answer");
    protocol_.shot = ReadTemplate("shot", kDefaultShot, names);
    for (const char* key : {"option", "choice"}) {
      const YamlNode* const node = Scalar(key);
      if (node != nullptr && !HasChoices()) Add(*node, key, "is there, and items have no choices");
    }
    protocol_.option = ReadTemplate("option", kDefaultOption, {"label", "text"});
    protocol_.choice = ReadTemplate("choice", kDefaultChoice, {"label", "text"});
    const YamlNode* const choice = Scalar("choice");
    if (choice != nullptr && has_request_ && Generates()) {
      Add(*choice, "choice", "is for request: score_choices");
    }
    if (!Generates() && !HasChoices()) {
      Add(*Scalar("request"), "request", "is score_choices, and items have no choices");
    }
    if (!Generates() && !protocol_.choice.Mentions("label") && !protocol_.choice.Mentions("text")) {
      Add(choice == nullptr ? node_ : *choice, "choice",
          "is the same for every option; it must have {label} or {text}");
    }
  }

  const YamlNode& node_;
  const std::string what_;
  const Declaration& declaration_;
  Mistakes& mistakes_;
  bool has_request_ = false;
  ProtocolDeclaration protocol_;
};

}  // namespace

void ReadProtocols(const YamlNode& node, Declaration* declaration, Mistakes* mistakes) {
  std::set<std::string> names;
  for (size_t i = 0; i < node.items.size(); ++i) {
    if (node.items[i].kind != YamlNode::Kind::kMapping) continue;
    const std::string what = absl::StrCat("protocols[", i, "]");
    declaration->protocols.push_back(
        ProtocolReader(node.items[i], what, *declaration, mistakes).Read());
    const std::string& name = declaration->protocols.back().spec.name;
    if (const YamlNode* place = node.items[i].Find("name");
        place != nullptr && !name.empty() && !names.insert(name).second) {
      mistakes->Add(*place, absl::StrCat(what, ".name: there are two protocols ", Excerpt(name)));
    }
  }
}

}  // namespace assay
