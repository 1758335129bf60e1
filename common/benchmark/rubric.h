// What a judge is asked about an answer: a text with places for the prompt and the answer.
#ifndef ASSAY_COMMON_BENCHMARK_RUBRIC_H_
#define ASSAY_COMMON_BENCHMARK_RUBRIC_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

inline constexpr size_t kMostRubricBytes = size_t{64} << 10;

// The text holds {answer}, and perhaps {prompt}, any number of times; "{{" and "}}" stand for
// braces. Users write such texts. Immutable.
class Rubric {
 public:
  // InvalidArgument "path:line: reason" for any other placeholder, a brace that is left open, a
  // text without {answer}, that is no UTF-8, holds a NUL character or is longer than
  // kMostRubricBytes.
  static absl::StatusOr<Rubric> Parse(absl::string_view path, absl::string_view text);

  // What is filled in stays as it is, braces and all.
  std::string Render(absl::string_view prompt, absl::string_view answer) const;

 private:
  enum class Kind { kText, kPrompt, kAnswer };
  struct Part {
    Kind kind;
    std::string text;  // of kText
  };

  std::vector<Part> parts_;
};

// Ours for "relevance", which shows the prompt and the answer, and for "coherence", which shows the
// answer alone; NotFound for other criteria. They ask for a number from 1 to 5, each level with its
// name.
absl::StatusOr<absl::string_view> DefaultRubric(absl::string_view criterion);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_RUBRIC_H_
