#include "common/scoring/grader_kind.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/benchmark/utf8.h"
#include "common/scoring/choice.h"
#include "common/scoring/contains.h"
#include "common/scoring/exact_match.h"
#include "common/scoring/max_loglikelihood.h"
#include "common/scoring/number.h"
#include "common/scoring/regex.h"
#include "common/scoring/starts_with.h"
#include "common/scoring/token_f1.h"

namespace assay {
namespace {

GraderKind StartsWithKind() {
  return {"starts_with",
          "The output, without white space around it, begins with the target.",
          RequestType::kGenerate,
          false,
          {},
          [](const GraderParameters&) { return std::make_unique<StartsWithGrader>(); }};
}

// Grades the output up to where the first of some texts begins.
class StoppedGrader : public Grader {
 public:
  StoppedGrader(std::shared_ptr<const Grader> grader, std::vector<std::string> stop_texts)
      : grader_(std::move(grader)), stop_texts_(std::move(stop_texts)) {}
  absl::string_view name() const override { return grader_->name(); }
  int version() const override { return grader_->version(); }
  absl::string_view verdict_metric() const override { return grader_->verdict_metric(); }
  absl::string_view value_metric() const override { return grader_->value_metric(); }
  Score Grade(const Item& item, const Prediction& prediction) const override {
    Prediction stopped = prediction;
    size_t end = stopped.output.size();
    for (const std::string& text : stop_texts_) end = std::min(end, stopped.output.find(text));
    stopped.output.resize(std::min(end, stopped.output.size()));
    return grader_->Grade(item, stopped);
  }

 private:
  const std::shared_ptr<const Grader> grader_;
  const std::vector<std::string> stop_texts_;
};

// `given` with what it leaves out.
absl::StatusOr<GraderParameters> Complete(const GraderKind& kind, const GraderParameters& given) {
  for (const auto& [name, value] : given) {
    const GraderParameter* const parameter = kind.Find(name);
    if (parameter == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("grader ", kind.name, " has no parameter ", Excerpt(name)));
    }
    const std::string why = WhyNoValue(*parameter, value);
    if (!why.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("parameter ", name, " of grader ", kind.name, ": ", why));
    }
  }
  GraderParameters complete = given;
  for (const GraderParameter& parameter : kind.parameters) {
    if (complete.count(parameter.name) != 0) continue;
    if (parameter.is_required) {
      return absl::InvalidArgumentError(
          absl::StrCat("grader ", kind.name, " needs the parameter ", parameter.name));
    }
    complete[parameter.name] = parameter.otherwise;
  }
  return complete;
}

}  // namespace

const GraderParameter* GraderKind::Find(absl::string_view parameter) const {
  for (const GraderParameter& candidate : parameters) {
    if (candidate.name == parameter) return &candidate;
  }
  return nullptr;
}

absl::Span<const GraderKind> GraderKinds() {
  static const auto* const kinds = new std::vector<GraderKind>{
      ChoiceKind(), ContainsKind(), ExactMatchKind(), MaxLoglikelihoodKind(),
      NumberKind(), RegexKind(),    StartsWithKind(), TokenF1Kind()};
  return *kinds;
}

const GraderKind* FindGraderKind(absl::string_view name) {
  for (const GraderKind& kind : GraderKinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

const Grader* FindDefaultGrader(absl::string_view name) {
  static const auto* const graders = [] {
    auto* const made = new std::map<std::string, std::unique_ptr<const Grader>, std::less<>>;
    for (const GraderKind& kind : GraderKinds()) {
      const absl::StatusOr<GraderParameters> parameters = Complete(kind, {});
      if (parameters.ok()) made->emplace(kind.name, kind.make(*parameters));
    }
    return made;
  }();
  const auto found = graders->find(name);
  return found == graders->end() ? nullptr : found->second.get();
}

std::string WhyNoValue(const GraderParameter& parameter, const std::string& value) {
  double number = 0;
  switch (parameter.type) {
    case GraderParameter::Type::kBoolean:
      return value == "true" || value == "false" ? "" : "must be true or false";
    case GraderParameter::Type::kNumber:
      return absl::SimpleAtod(value, &number) && std::isfinite(number) && number >= 0
                 ? ""
                 : "must be a number of at least 0";
    case GraderParameter::Type::kText:
      return "";
    case GraderParameter::Type::kPattern: {
      const std::string why = PatternError(value);
      return why.empty() ? "" : absl::StrCat("is no regular expression of RE2: ", why);
    }
    case GraderParameter::Type::kName:
      return std::find(parameter.names.begin(), parameter.names.end(), value) !=
                     parameter.names.end()
                 ? ""
                 : absl::StrCat("must be one of ", absl::StrJoin(parameter.names, ", "));
  }
  return "";
}

GraderSpec GraderOf(const ProtocolSpec& protocol) {
  return {protocol.grader, protocol.grader_parameters, protocol.stop_texts};
}

absl::StatusOr<std::shared_ptr<const Grader>> MakeGrader(const GraderSpec& spec) {
  std::shared_ptr<const Grader> grader;
  if (const GraderKind* kind = FindGraderKind(spec.name); kind != nullptr) {
    ASSAY_ASSIGN_OR_RETURN(const GraderParameters parameters, Complete(*kind, spec.parameters));
    grader = kind->make(parameters);
  } else {
    ASSAY_ASSIGN_OR_RETURN(const Grader* found, FindGrader(spec.name));
    if (!spec.parameters.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("grader ", spec.name, " has no parameters"));
    }
    grader = std::shared_ptr<const Grader>(std::shared_ptr<const Grader>(), found);
  }
  if (spec.stop_texts.empty()) return grader;
  return std::make_shared<const StoppedGrader>(std::move(grader), spec.stop_texts);
}

}  // namespace assay
