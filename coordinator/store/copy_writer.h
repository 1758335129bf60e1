// Internal to the store: COPY ... FROM STDIN in PostgreSQL's binary format, which spares both ends
// the text forms (PostgreSQL's documentation: COPY, "Binary Format").
#ifndef ASSAY_COORDINATOR_STORE_COPY_WRITER_H_
#define ASSAY_COORDINATOR_STORE_COPY_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "coordinator/store/connection.h"

namespace assay {

//   CopyWriter copy(tx, "t (a, b)", 2);
//   copy.StartRow(); copy.Int32(1); copy.Text("x");
//   copy.Complete();
//
// Throws as libpqxx does. Without Complete() nothing is copied. A value's type must be that of its
// column: the server converts nothing.
class CopyWriter {
 public:
  CopyWriter(pqxx::work& tx, const std::string& table_and_columns, int columns);
  ~CopyWriter();
  CopyWriter(const CopyWriter&) = delete;
  CopyWriter& operator=(const CopyWriter&) = delete;

  void StartRow();
  void Null();
  void Bool(bool value);
  void Int32(int32_t value);
  void Int64(int64_t value);
  void Double(double value);
  void Text(absl::string_view value);   // UTF-8 without NUL
  void Bytes(absl::string_view value);  // bytea
  void Time(absl::Time value);          // timestamptz; to the microsecond
  void Uuid(absl::uint128 value);
  void Array(absl::Span<const int32_t> values);  // integer[]
  void Array(absl::Span<const double> values);   // double precision[]

  void Complete();

 private:
  void Flush();
  void CheckResults();
  PGconn* const connection_;
  const std::string statement_;
  const int columns_;
  bool open_ = false;
  std::string buffer_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_COPY_WRITER_H_
