#include "worker/remote/endpoint_errors.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "worker/remote/api_keys.h"

namespace assay {
namespace {

using Json = nlohmann::json;

// The text that services put their reason in: {"error": {"message": ...}}, {"error": ...},
// {"message": ...} or {"detail": ...}.
std::string Reason(absl::string_view body) {
  const Json json = Json::parse(body.begin(), body.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::string(body);
  const auto text = [](const Json& object, const char* name) -> std::string {
    const auto found = object.find(name);
    if (found == object.end()) return "";
    return found->is_string() ? found->get<std::string>() : "";
  };
  if (const auto error = json.find("error"); error != json.end() && error->is_object()) {
    if (std::string message = text(*error, "message"); !message.empty()) return message;
  }
  for (const char* name : {"error", "message", "detail"}) {
    if (std::string message = text(json, name); !message.empty()) return message;
  }
  return std::string(body);
}

}  // namespace

Remedy RemedyFor(int status, absl::string_view body) {
  switch (status) {
    case 400:
    case 413:
    case 422:
      return Remedy::kGiveUp;
    case 429:
      // An account without money stays so, however long one waits.
      return absl::StrContains(body, "insufficient_quota") ? Remedy::kFailRun : Remedy::kTryAgain;
    case 408:
    case 409:
    case 425:
      return Remedy::kTryAgain;
    default:
      return status >= 500 ? Remedy::kTryAgain : Remedy::kFailRun;
  }
}

std::string EndpointWords(absl::string_view body, absl::string_view key) {
  constexpr size_t kMostLookedAt = 64 << 10;
  constexpr size_t kLongestWords = 500;
  const std::string words = Redact(Reason(body.substr(0, kMostLookedAt)), key);
  const absl::string_view stripped = absl::StripAsciiWhitespace(words);
  if (stripped.empty()) return "it gave no reason";
  const bool cut = stripped.size() > kLongestWords;
  return absl::StrCat(absl::CEscape(stripped.substr(0, kLongestWords)), cut ? "..." : "");
}

std::optional<absl::Duration> ReadRetryAfter(absl::string_view header, absl::Time now) {
  double seconds;
  if (absl::SimpleAtod(header, &seconds)) {
    if (!std::isfinite(seconds) || seconds < 0) return std::nullopt;
    return absl::Seconds(seconds);
  }
  absl::Time time;
  std::string error;
  if (absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", header, &time, &error)) {
    return std::max(time - now, absl::ZeroDuration());
  }
  return std::nullopt;
}

}  // namespace assay
