#include "common/base/row_digest.h"

#include "absl/strings/str_cat.h"

namespace assay {

void RowDigest::AddTable(absl::string_view table, absl::Span<const std::string> columns) {
  digest_.Update("T");
  AddText(table);
  digest_.Update(absl::StrCat(columns.size(), ":"));
  for (const std::string& column : columns) AddText(column);
}

void RowDigest::AddRow(absl::Span<const RowValue> values) {
  digest_.Update("R");
  for (const RowValue& value : values) {
    if (value.has_value()) {
      AddText(*value);
    } else {
      digest_.Update("N");
    }
  }
}

void RowDigest::AddText(absl::string_view text) {
  digest_.Update(absl::StrCat(text.size(), ":"));
  digest_.Update(text);
}

}  // namespace assay
