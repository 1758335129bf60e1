// Internal to the store: values in PostgreSQL's text forms, and back.
#ifndef ASSAY_COORDINATOR_STORE_ENCODING_H_
#define ASSAY_COORDINATOR_STORE_ENCODING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "coordinator/store/connection.h"

namespace assay {

// bytea, as "\x0041": any bytes at all.
std::string EncodeBytes(absl::string_view bytes);
std::string DecodeBytes(absl::string_view text);

// Arrays, as "{1,2,3}". Doubles keep every bit.
std::string EncodeArray(absl::Span<const int64_t> values);
std::string EncodeArray(absl::Span<const int32_t> values);
std::string EncodeArray(absl::Span<const double> values);
std::string EncodeArray(absl::Span<const std::string> values);
std::vector<int64_t> DecodeIntegers(absl::string_view text);
std::vector<double> DecodeDoubles(absl::string_view text);

// What a text column can hold: NUL, and bytes that are not UTF-8, become U+FFFD. For messages and
// notes only.
std::string PlainText(absl::string_view text);
bool IsValidUtf8(absl::string_view text);

// Of "extract(epoch from <column>)"; `missing` when the column is null.
absl::Time DecodeTime(const pqxx::field& field, absl::Time missing);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_ENCODING_H_
