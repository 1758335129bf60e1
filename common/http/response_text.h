// How an answer is written to a connection.
#ifndef ASSAY_COMMON_HTTP_RESPONSE_TEXT_H_
#define ASSAY_COMMON_HTTP_RESPONSE_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/http/web_message.h"

namespace assay {

// Of this text, or of the status's own.
WebResponse Refusal(int status, absl::string_view why = "");

// The whole answer, with what browsers are to be told. The body is compressed where that is worth
// it and the client takes it, and left out where HEAD or the status says so.
std::string ResponseText(const WebRequest& request, WebResponse response);

}  // namespace assay

#endif  // ASSAY_COMMON_HTTP_RESPONSE_TEXT_H_
