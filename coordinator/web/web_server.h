// What a coordinator serves beside its metrics: the API, and the page that shows it.
#ifndef ASSAY_COORDINATOR_WEB_WEB_SERVER_H_
#define ASSAY_COORDINATOR_WEB_WEB_SERVER_H_

#include <map>
#include <string>

#include "absl/types/span.h"
#include "common/http/http_server.h"
#include "coordinator/web/api.h"
#include "coordinator/web/page/web_page.h"

namespace assay {

// A file of the page, ready to be sent.
struct PageFile {
  std::string content_type;
  std::string content;
  std::string packed;  // by gzip; empty where that is no gain
  std::string etag;
  bool immutable = false;
};

// Thread-safe. Lives as long as the server that it adds itself to is asked, and stops it.
class WebServer {
 public:
  // All of it outlives this.
  WebServer(HttpServer* http, const ApiServices& services, const ApiAccess& access,
            absl::Span<const WebPageFile> page);
  ~WebServer();

  WebResponse ServePage(const WebRequest& request) const;

 private:
  HttpServer* const http_;
  Api api_;
  std::map<std::string, PageFile> files_;  // by path
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_WEB_WEB_SERVER_H_
