// JSON from files that anybody may have written.
#ifndef ASSAY_CLIENT_EXCHANGE_JSON_TEXT_H_
#define ASSAY_CLIENT_EXCHANGE_JSON_TEXT_H_

#include "absl/strings/string_view.h"
#include "client/exchange/columns.h"

namespace assay {

// A discarded value (is_discarded) for what is no JSON, or is nested deeper than anything that is
// exchanged; deeper values could not be written again.
ExchangeJson ParseJson(absl::string_view text);

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_JSON_TEXT_H_
