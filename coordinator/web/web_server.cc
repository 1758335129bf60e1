#include "coordinator/web/web_server.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"
#include "common/http/gzip.h"

namespace assay {
namespace {

constexpr int kBestCompression = 9;
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";
constexpr char kNoPage[] =
    "This coordinator was built without its web page. The build makes it where node 20 or newer "
    "is\n"
    "(deploy/setup node), unless it is told -DASSAY_WEB_PAGE=OFF.\n\n"
    "What there is: /api/v1/openapi.json describes the API, /metrics is for Prometheus.\n";

PageFile MakePageFile(const WebPageFile& file) {
  PageFile made;
  made.content_type = std::string(file.content_type);
  made.content = std::string(file.content);
  made.packed = Gzip(file.content, kBestCompression);
  if (made.packed.size() >= made.content.size()) made.packed.clear();
  made.etag = absl::StrCat("\"", Sha256Hex(file.content).substr(0, 32), "\"");
  made.immutable = file.immutable;
  return made;
}

}  // namespace

WebServer::WebServer(HttpServer* http, const ApiServices& services, const ApiAccess& access,
                     absl::Span<const WebPageFile> page)
    : http_(http), api_(services, access) {
  for (const WebPageFile& file : page) files_[std::string(file.path)] = MakePageFile(file);
  http_->Handle("/api/", HttpShare::kOrdinary,
                [this](const WebRequest& request) { return api_.Respond(request); });
  http_->Handle("/healthz", HttpShare::kAlways, [](const WebRequest&) {
    WebResponse response;
    response.body = "ok\n";
    return response;
  });
  http_->Handle("/", HttpShare::kOrdinary,
                [this](const WebRequest& request) { return ServePage(request); });
}

WebServer::~WebServer() { http_->Stop(); }

WebResponse WebServer::ServePage(const WebRequest& request) const {
  WebResponse response;
  if (request.method == "POST") {
    response.status = 405;
    response.headers.emplace_back("Allow", "GET, HEAD");
    response.body = "the page is read only\n";
    return response;
  }
  const auto found = files_.find(request.path == "/index.html" ? "/" : request.path);
  if (found == files_.end()) {
    response.status = files_.empty() && request.path == "/" ? 200 : 404;
    response.body = response.status == 200 ? kNoPage : "there is nothing here\n";
    return response;
  }
  const PageFile& file = found->second;
  response.content_type = file.content_type;
  response.headers = {
      {"Content-Security-Policy", kPolicy},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"ETag", file.etag},
      {"Vary", "Accept-Encoding"},
      {"Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache"}};
  response.encoded = true;
  if (absl::StrContains(request.Header("If-None-Match"), file.etag)) {
    response.status = 304;
  } else if (!file.packed.empty() && AcceptsGzip(request.Header("Accept-Encoding"))) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = file.packed;
  } else {
    response.body = file.content;
  }
  return response;
}

}  // namespace assay
