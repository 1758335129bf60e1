#include "common/scoring/judge_reply.h"

#include <cstddef>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/domain/rating.h"

namespace assay {
namespace {

// Takes characters of `set` off both ends.
absl::string_view Trim(absl::string_view text, absl::string_view set) {
  const size_t first = text.find_first_not_of(set);
  if (first == absl::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(set) - first + 1);
}

// The rating whose name `text` is.
std::optional<int> RatingOfName(absl::string_view text) {
  for (size_t i = 0; i < kRatingNames.size(); ++i) {
    if (text == kRatingNames[i]) return kLowestRating + static_cast<int>(i);
  }
  return std::nullopt;
}

// What follows the number of a rating: nothing, "/5", "out of 5", its name.
bool Confirms(int rating, absl::string_view rest) {
  rest = Trim(rest, " \t*_");
  if (absl::ConsumePrefix(&rest, "/") || absl::ConsumePrefix(&rest, "out of")) {
    rest = absl::StripLeadingAsciiWhitespace(rest);
    if (!absl::ConsumePrefix(&rest, absl::StrCat(kHighestRating))) return false;
  }
  rest = Trim(rest, " \t-:.,=()[]*_");
  return rest.empty() || RatingOfName(rest) == rating;
}

// The rating that a line in lower case says.
std::optional<int> ReadLine(absl::string_view line) {
  constexpr absl::string_view kAround = " \t\r*_#>\"'`.[](){}";
  line = Trim(line, kAround);
  for (const absl::string_view label : {"rating", "score"}) {
    absl::string_view rest = line;
    if (!absl::ConsumePrefix(&rest, label)) continue;
    rest = Trim(rest, " \t*_");
    if (absl::ConsumePrefix(&rest, ":") || absl::ConsumePrefix(&rest, "=")) {
      line = Trim(rest, kAround);
      break;
    }
  }
  if (line.empty()) return std::nullopt;
  if (const std::optional<int> named = RatingOfName(line); named.has_value()) return named;
  const int rating = line[0] - '0';
  if (rating < kLowestRating || rating > kHighestRating) return std::nullopt;
  line.remove_prefix(1);
  // A longer number, or a fraction.
  if (!line.empty() && absl::ascii_isdigit(static_cast<unsigned char>(line[0]))) {
    return std::nullopt;
  }
  if (!Confirms(rating, line)) return std::nullopt;
  return rating;
}

}  // namespace

std::optional<int> ReadRating(absl::string_view reply) {
  std::optional<int> found;
  const std::string lower = absl::AsciiStrToLower(reply);
  for (const absl::string_view line : absl::StrSplit(lower, '\n')) {
    const std::optional<int> rating = ReadLine(line);
    if (!rating.has_value()) continue;
    if (found.has_value() && found != rating) return std::nullopt;
    found = rating;
  }
  return found;
}

int ReadInstructEvalRating(absl::string_view reply) {
  const size_t last = reply.find_last_of("0123456789");
  const int digit = last == absl::string_view::npos ? 0 : reply[last] - '0';
  return digit < kLowestRating || digit > kHighestRating ? kLowestRating : digit;
}

}  // namespace assay
