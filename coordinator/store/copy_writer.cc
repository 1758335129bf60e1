#include "coordinator/store/copy_writer.h"

#include <memory>

#include "absl/base/casts.h"
#include "absl/strings/str_cat.h"

namespace assay {
namespace {

constexpr size_t kFlushBytes = 64 << 10;
constexpr uint32_t kInt4Oid = 23, kFloat8Oid = 701;
// Where PostgreSQL's times begin: 2000-01-01 00:00:00 UTC.
constexpr int64_t kEpochMicros = 946'684'800'000'000;

// In the network's order.
template <typename Unsigned>
void Put(char* out, Unsigned value) {
  for (size_t i = 0; i < sizeof(Unsigned); ++i) {
    out[i] = static_cast<char>(value >> (8 * (sizeof(Unsigned) - 1 - i)));
  }
}

template <typename Unsigned>
void Append(std::string& out, Unsigned value) {
  char bytes[sizeof(Unsigned)];
  Put(bytes, value);
  out.append(bytes, sizeof(Unsigned));
}

// Values of arrays, each behind its length.
template <typename Unsigned, typename Value>
void AppendValues(std::string& out, absl::Span<const Value> values) {
  static_assert(sizeof(Unsigned) == sizeof(Value));
  constexpr size_t kEach = sizeof(uint32_t) + sizeof(Unsigned);
  const size_t begin = out.size();
  out.resize(begin + values.size() * kEach);
  char* place = out.data() + begin;
  for (const Value value : values) {
    Put<uint32_t>(place, sizeof(Unsigned));
    Put<Unsigned>(place + sizeof(uint32_t), absl::bit_cast<Unsigned>(value));
    place += kEach;
  }
}

void AppendArrayHead(std::string& out, uint32_t type, size_t values, size_t value_bytes) {
  const auto count = static_cast<uint32_t>(values);
  Append<uint32_t>(out, count == 0 ? 12 : 20 + count * static_cast<uint32_t>(4 + value_bytes));
  Append<uint32_t>(out, count == 0 ? 0 : 1);  // dimensions
  Append<uint32_t>(out, 0);                   // no nulls
  Append<uint32_t>(out, type);
  if (count == 0) return;
  Append<uint32_t>(out, count);
  Append<uint32_t>(out, 1);  // the first one's number
}

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

[[noreturn]] void Throw(PGconn* connection, const PGresult* result, const std::string& statement) {
  const std::string message =
      result != nullptr ? PQresultErrorMessage(result) : PQerrorMessage(connection);
  const char* state = result != nullptr ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  if (state == nullptr) throw pqxx::broken_connection(message);
  throw pqxx::sql_error(message, statement, state);
}

}  // namespace

CopyWriter::CopyWriter(pqxx::work& tx, const std::string& table_and_columns, int columns)
    : connection_(static_cast<PostgresConnection&>(tx.conn()).handle()),
      statement_(absl::StrCat("COPY ", table_and_columns, " FROM STDIN (FORMAT binary)")),
      columns_(columns) {
  const Result result(PQexec(connection_, statement_.c_str()), PQclear);
  if (PQresultStatus(result.get()) != PGRES_COPY_IN) {
    Throw(connection_, result.get(), statement_);
  }
  open_ = true;
  buffer_.reserve(kFlushBytes + (kFlushBytes >> 1));
  buffer_.append("PGCOPY\n\377\r\n\0", 11);
  Append<uint64_t>(buffer_, 0);  // no flags, no extension of the header
}

CopyWriter::~CopyWriter() {
  if (!open_) return;
  PQputCopyEnd(connection_, "not completed");
  while (Result(PQgetResult(connection_), PQclear) != nullptr) {
    // The transaction is rolled back by whoever began it.
  }
}

void CopyWriter::StartRow() {
  if (buffer_.size() >= kFlushBytes) Flush();
  Append<uint16_t>(buffer_, static_cast<uint16_t>(columns_));
}

void CopyWriter::Null() { Append<uint32_t>(buffer_, 0xFFFFFFFF); }

void CopyWriter::Bool(bool value) {
  Append<uint32_t>(buffer_, 1);
  buffer_.push_back(value ? 1 : 0);
}

void CopyWriter::Int32(int32_t value) {
  Append<uint32_t>(buffer_, 4);
  Append<uint32_t>(buffer_, static_cast<uint32_t>(value));
}

void CopyWriter::Int64(int64_t value) {
  Append<uint32_t>(buffer_, 8);
  Append<uint64_t>(buffer_, static_cast<uint64_t>(value));
}

void CopyWriter::Double(double value) {
  Append<uint32_t>(buffer_, 8);
  Append<uint64_t>(buffer_, absl::bit_cast<uint64_t>(value));
}

void CopyWriter::Text(absl::string_view value) { Bytes(value); }

void CopyWriter::Bytes(absl::string_view value) {
  Append<uint32_t>(buffer_, static_cast<uint32_t>(value.size()));
  buffer_.append(value.data(), value.size());
}

void CopyWriter::Time(absl::Time value) { Int64(absl::ToUnixMicros(value) - kEpochMicros); }

void CopyWriter::Uuid(absl::uint128 value) {
  Append<uint32_t>(buffer_, 16);
  Append<uint64_t>(buffer_, absl::Uint128High64(value));
  Append<uint64_t>(buffer_, absl::Uint128Low64(value));
}

void CopyWriter::Array(absl::Span<const int32_t> values) {
  AppendArrayHead(buffer_, kInt4Oid, values.size(), 4);
  AppendValues<uint32_t>(buffer_, values);
}

void CopyWriter::Array(absl::Span<const double> values) {
  AppendArrayHead(buffer_, kFloat8Oid, values.size(), 8);
  AppendValues<uint64_t>(buffer_, values);
}

void CopyWriter::Complete() {
  Append<uint16_t>(buffer_, 0xFFFF);
  Flush();
  open_ = false;
  if (PQputCopyEnd(connection_, nullptr) != 1) Throw(connection_, nullptr, statement_);
  CheckResults();
}

void CopyWriter::Flush() {
  if (PQputCopyData(connection_, buffer_.data(), static_cast<int>(buffer_.size())) != 1) {
    open_ = false;
    Throw(connection_, nullptr, statement_);
  }
  buffer_.clear();
}

void CopyWriter::CheckResults() {
  // All of them, so that the connection is free for what comes next.
  Result failed(nullptr, PQclear);
  while (true) {
    Result result(PQgetResult(connection_), PQclear);
    if (result == nullptr) break;
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) failed = std::move(result);
    if (PQstatus(connection_) == CONNECTION_BAD) break;
  }
  if (failed != nullptr) Throw(connection_, failed.get(), statement_);
}

}  // namespace assay
