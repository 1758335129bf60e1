#include "common/http/response_text.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/http/gzip.h"

namespace assay {
namespace {

constexpr size_t kWorthCompressing = 1024;
constexpr int kFastCompression = 1;

void Compress(const WebRequest& request, WebResponse& response) {
  if (response.encoded || response.body.size() < kWorthCompressing) return;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!AcceptsGzip(request.Header("Accept-Encoding"))) return;
  std::string packed = Gzip(response.body, kFastCompression);
  if (packed.empty()) return;
  response.body = std::move(packed);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

bool Has(const WebResponse& response, absl::string_view name) {
  return std::any_of(response.headers.begin(), response.headers.end(), [&](const auto& header) {
    return absl::EqualsIgnoreCase(header.first, name);
  });
}

}  // namespace

WebResponse Refusal(int status, absl::string_view why) {
  WebResponse response;
  response.status = status;
  response.body = absl::StrCat(why.empty() ? StatusReason(status) : why, "\n");
  return response;
}

std::string ResponseText(const WebRequest& request, WebResponse response) {
  Compress(request, response);
  std::string text =
      absl::StrCat("HTTP/1.1 ", response.status, " ", StatusReason(response.status), "\r\n");
  const auto add = [&](absl::string_view name, absl::string_view value) {
    absl::StrAppend(&text, name, ": ", value, "\r\n");
  };
  add("Connection", "close");
  if (response.status != 304) {
    add("Content-Type", response.content_type);
    add("Content-Length", absl::StrCat(response.body.size()));
  }
  add("X-Content-Type-Options", "nosniff");
  add("X-Frame-Options", "DENY");
  add("Referrer-Policy", "no-referrer");
  add("Cross-Origin-Resource-Policy", "same-origin");
  if (!Has(response, "Content-Security-Policy")) {
    add("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  }
  if (!Has(response, "Cache-Control")) add("Cache-Control", "no-store");
  for (const auto& [name, value] : response.headers) add(name, value);
  text += "\r\n";
  if (request.method != "HEAD" && response.status != 304) text += response.body;
  return text;
}

}  // namespace assay
