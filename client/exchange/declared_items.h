// How documents of another program, and items of ours, of a declared benchmark are told apart: by
// what the declaration takes of a record.
#ifndef ASSAY_CLIENT_EXCHANGE_DECLARED_ITEMS_H_
#define ASSAY_CLIENT_EXCHANGE_DECLARED_ITEMS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "assay/v1/types.pb.h"
#include "client/exchange/columns.h"
#include "common/declaration/declaration.h"

namespace assay {

// The fields and the options' texts, without the white space around them. Items and documents that
// have the same are one. InvalidArgument names what the document lacks.
absl::StatusOr<std::string> DeclaredKey(const ItemsDeclaration& items, const ExchangeJson& doc);
std::string DeclaredKey(const ItemsDeclaration& items, const v1::Item& item);

// InvalidArgument when the document has another answer than the item.
absl::Status CheckDeclaredTarget(const ItemsDeclaration& items, const ExchangeJson& doc,
                                 const v1::Item& item);

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_DECLARED_ITEMS_H_
