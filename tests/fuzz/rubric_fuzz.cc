// Any bytes as a user's rubric: refused, or it shows the answer. And as a judge's reply: a rating
// from 1 to 5, or none.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "common/benchmark/rubric.h"
#include "common/scoring/judge_reply.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<assay::Rubric> rubric = assay::Rubric::Parse("fuzz", text);
  if (rubric.ok()) {
    if (rubric->Render("{answer}", "<the {prompt}>").find("<the {prompt}>") == std::string::npos) {
      std::abort();
    }
  } else if (rubric.status().code() != absl::StatusCode::kInvalidArgument) {
    std::abort();
  }
  const std::optional<int> rating = assay::ReadRating(text);
  if (rating.has_value() && (*rating < 1 || *rating > 5)) std::abort();
  const int always = assay::ReadInstructEvalRating(text);
  if (always < 1 || always > 5) std::abort();
  return 0;
}
