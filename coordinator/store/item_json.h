// Internal to the store: the column items.body.
#ifndef ASSAY_COORDINATOR_STORE_ITEM_JSON_H_
#define ASSAY_COORDINATOR_STORE_ITEM_JSON_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/domain/item.h"

namespace assay {

// {"fields": {...}, "choices": [...], "target": "..."}; every text must be UTF-8.
std::string EncodeItemBody(const Item& item);
// Fills these three; Internal when `body` is not of that form.
absl::Status DecodeItemBody(absl::string_view body, Item& item);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_ITEM_JSON_H_
