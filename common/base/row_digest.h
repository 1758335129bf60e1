// A digest of tables' rows: two sets of rows have the same one exactly when they are equal, value
// by value, in the same order.
#ifndef ASSAY_COMMON_BASE_ROW_DIGEST_H_
#define ASSAY_COMMON_BASE_ROW_DIGEST_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/sha256.h"

namespace assay {

// A value as text, or null.
using RowValue = std::optional<std::string>;

// SHA-256 of what is added, each text with its length before it. Not thread-safe.
class RowDigest {
 public:
  // The rows that follow are of this table.
  void AddTable(absl::string_view table, absl::Span<const std::string> columns);
  void AddRow(absl::Span<const RowValue> values);
  // 64 hexadecimal digits. Ends the digest.
  std::string Finish() { return digest_.Finish(); }

 private:
  void AddText(absl::string_view text);

  Sha256 digest_;
};

}  // namespace assay

#endif  // ASSAY_COMMON_BASE_ROW_DIGEST_H_
