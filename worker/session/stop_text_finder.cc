#include "worker/session/stop_text_finder.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"

namespace assay {
namespace {

// Tokens that have no text, or a part of a character's, beside those that spell a stop text.
constexpr size_t kSpareTokens = 8;

}  // namespace

StopTextFinder::StopTextFinder(const TextCodec& codec, std::vector<std::string> stop_texts)
    : codec_(&codec), stop_texts_(std::move(stop_texts)) {
  for (const std::string& text : stop_texts_) longest_ = std::max(longest_, text.size());
}

bool StopTextFinder::Holds(absl::Span<const int32_t> tokens) const {
  // What cannot be decoded is told when the output is complete.
  const absl::StatusOr<std::string> text = codec_->Decode(tokens);
  return text.ok() &&
         std::any_of(stop_texts_.begin(), stop_texts_.end(),
                     [&text](const std::string& stop) { return absl::StrContains(*text, stop); });
}

bool StopTextFinder::operator()(absl::Span<const int32_t> tokens) const {
  // A text that was not there before ends in the last token, and has at least one byte a token. The
  // beginning of a part may be decoded differently, so the whole has the last word.
  const size_t part = std::min(tokens.size(), longest_ + kSpareTokens);
  return Holds(tokens.subspan(tokens.size() - part)) && (part == tokens.size() || Holds(tokens));
}

}  // namespace assay
