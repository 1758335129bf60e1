// Graders that a benchmark can ask for by name, with parameters.
#ifndef ASSAY_COMMON_SCORING_GRADER_KIND_H_
#define ASSAY_COMMON_SCORING_GRADER_KIND_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/benchmark/benchmark.h"
#include "common/scoring/grader.h"

namespace assay {

struct GraderParameter {
  enum class Type { kBoolean, kNumber, kText, kPattern, kName };

  std::string name;
  Type type = Type::kBoolean;
  std::string otherwise;  // its value where it is not given; not of required ones
  bool is_required = false;
  std::vector<std::string> names;  // of kName: the values there are
  std::string about;               // for people: one sentence
};

// Parameters by name, as text: "true" or "false", a number, a text.
using GraderParameters = std::map<std::string, std::string>;

struct GraderKind {
  std::string name;
  std::string about;
  RequestType request = RequestType::kGenerate;  // what it grades
  bool needs_choices = false;                    // with kGenerate: it looks for the item's choices
  std::vector<GraderParameter> parameters;
  // All parameters are given, and have been checked.
  std::function<std::unique_ptr<const Grader>(const GraderParameters&)> make;

  const GraderParameter* Find(absl::string_view parameter) const;
};

// In order of name.
absl::Span<const GraderKind> GraderKinds();
// Null where there is none.
const GraderKind* FindGraderKind(absl::string_view name);
// The grader of that kind with every parameter as it is where it is not given; null where there is
// none, or it needs one. Lives as long as the process.
const Grader* FindDefaultGrader(absl::string_view name);
// Why `value` is none for the parameter; empty when it is one.
std::string WhyNoValue(const GraderParameter& parameter, const std::string& value);

// A grader as a protocol asks for it.
struct GraderSpec {
  std::string name;
  GraderParameters parameters = {};
  std::vector<std::string> stop_texts = {};
};
GraderSpec GraderOf(const ProtocolSpec& protocol);

// NotFound for an unknown grader; InvalidArgument names the parameter that is unknown, missing or
// has no sensible value. With stop texts, what is graded is the output up to where the first of
// them begins. Every grader of FindGrader can be made, most without parameters.
absl::StatusOr<std::shared_ptr<const Grader>> MakeGrader(const GraderSpec& spec);

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_GRADER_KIND_H_
