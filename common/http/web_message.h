// A request and its answer, whatever serves them.
#ifndef ASSAY_COMMON_HTTP_WEB_MESSAGE_H_
#define ASSAY_COMMON_HTTP_WEB_MESSAGE_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace assay {

using WebHeaders = std::vector<std::pair<std::string, std::string>>;

struct WebRequest {
  std::string method;  // "GET"
  std::string path;    // "/api/v1/jobs/7", with percent signs decoded, without . and ..
  std::string query;   // what follows '?', as it was sent
  WebHeaders headers;
  std::string body;
  std::string peer;  // the client's address
  // Of the client's certificate, where one has been asked for and verified: its common name, and
  // the URIs of its alternative names.
  std::string certificate_name = {};
  std::vector<std::string> certificate_uris = {};

  // Empty where there is none; names are compared without case.
  std::string Header(absl::string_view name) const;
};

struct WebResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  WebHeaders headers = {};
  // The body is what Content-Encoding says already; otherwise it is compressed where that is worth
  // it and the client takes it.
  bool encoded = false;
};

using WebHandler = std::function<WebResponse(const WebRequest&)>;

// "Not Found"; of a status that is not known its number.
std::string StatusReason(int status);

// The names and values of a query, in order, decoded: "a=1&b=x%20y". '+' is a space.
std::vector<std::pair<std::string, std::string>> ParseQuery(absl::string_view query);

}  // namespace assay

#endif  // ASSAY_COMMON_HTTP_WEB_MESSAGE_H_
