#include "worker/remote/echo_score.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

// Tokens [first, last).
struct TokenRange {
  size_t first = 0;
  size_t last = 0;
};

// The end of the shortest run of tokens before `last` that has at least `bytes` bytes.
std::optional<size_t> WalkBack(const std::vector<std::string>& tokens, size_t last, size_t bytes,
                               std::string* walked) {
  size_t first = last;
  while (walked->size() < bytes) {
    if (first == 0) return std::nullopt;
    walked->insert(0, tokens[--first]);
  }
  return first;
}

std::optional<TokenRange> FindByTexts(const EchoAnswer& answer, absl::string_view text,
                                      size_t begin) {
  if (!absl::StartsWith(answer.text, text)) return std::nullopt;
  const absl::string_view written = absl::string_view(answer.text).substr(text.size());
  std::string walked;
  const std::optional<size_t> last =
      WalkBack(answer.tokens, answer.tokens.size(), written.size(), &walked);
  if (!last.has_value() || walked != written) return std::nullopt;
  walked.clear();
  const absl::string_view wanted = text.substr(begin);
  const std::optional<size_t> first = WalkBack(answer.tokens, *last, wanted.size(), &walked);
  if (!first.has_value() || !absl::EndsWith(walked, wanted)) return std::nullopt;
  return TokenRange{*first, *last};
}

std::optional<TokenRange> FindByOffsets(const EchoAnswer& answer, absl::string_view text,
                                        size_t begin) {
  if (answer.text_offsets.empty()) return std::nullopt;
  const int64_t from = CountCharacters(text.substr(0, begin));
  const int64_t to = CountCharacters(text);
  TokenRange range;
  int64_t previous = 0;
  for (size_t i = 0; i < answer.text_offsets.size(); ++i) {
    const int64_t offset = answer.text_offsets[i];
    if (offset < previous) return std::nullopt;
    previous = offset;
    if (offset <= from) range.first = i;
    if (offset < to) range.last = i + 1;
  }
  if (range.first >= range.last) return std::nullopt;
  return range;
}

}  // namespace

absl::StatusOr<double> EchoedLogLikelihood(const EchoAnswer& answer, absl::string_view text,
                                           size_t begin, bool first_token_only) {
  if (begin >= text.size()) return absl::InvalidArgumentError("the choice is empty");
  std::optional<TokenRange> range = FindByTexts(answer, text, begin);
  if (!range.has_value()) range = FindByOffsets(answer, text, begin);
  if (!range.has_value()) {
    // An endpoint that ignores `echo` tells of the written token alone.
    if (!absl::StartsWith(answer.text, text.substr(0, begin)) && answer.tokens.size() <= 1) {
      return absl::FailedPreconditionError(kNoLogProbabilities);
    }
    return absl::DataLossError("the tokens that the endpoint echoed are not those of the prompt");
  }
  if (first_token_only) range->last = range->first + 1;
  double sum = 0;
  for (size_t i = range->first; i < range->last; ++i) {
    const std::optional<double> logprob = answer.logprobs[i];
    if (!logprob.has_value() || std::isnan(*logprob)) {
      return absl::DataLossError("a token of the choice has no log-probability");
    }
    sum += *logprob;
  }
  return sum;
}

}  // namespace assay
