#include "coordinator/store/copy_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "coordinator/store/transaction.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

class CopyWriterTest : public CoordinatorTest {
 protected:
  CopyWriterTest() {
    Query(
        "CREATE TABLE copied (id integer PRIMARY KEY, big bigint, yes boolean, number double "
        "precision, name text, bytes bytea, moment timestamptz, digest uuid, numbers integer[], "
        "doubles double precision[]); SELECT 1");
  }
  absl::Status Copy(const std::function<void(CopyWriter&)>& rows) {
    return Transact(coordinator_.database, [&](pqxx::work& tx) -> absl::Status {
      CopyWriter copy(tx, "copied", 10);
      rows(copy);
      copy.Complete();
      return absl::OkStatus();
    });
  }
};

void CopyNulls(CopyWriter& copy, int id) {
  copy.StartRow();
  copy.Int32(id);
  for (int i = 1; i < 10; ++i) copy.Null();
}

TEST_F(CopyWriterTest, EveryTypeArrivesAsItIs) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  const std::vector<int32_t> numbers = {1, -2, std::numeric_limits<int32_t>::max()};
  const std::vector<double> doubles = {0.1, -std::numeric_limits<double>::infinity()};
  const absl::Time moment = absl::FromUnixMicros(1'700'000'000'123'456);
  ASSERT_TRUE(Copy([&](CopyWriter& copy) {
                copy.StartRow();
                copy.Int32(-7);
                copy.Int64(std::numeric_limits<int64_t>::min());
                copy.Bool(true);
                copy.Double(0.1);
                copy.Text("tab\tand \\ and \xC3\xA9");
                copy.Bytes(bytes);
                copy.Time(moment);
                copy.Uuid(absl::MakeUint128(0x0123456789abcdefULL, 0xfedcba9876543210ULL));
                copy.Array(numbers);
                copy.Array(doubles);
                CopyNulls(copy, 8);
              }).ok());
  EXPECT_EQ(Query("SELECT big FROM copied WHERE id = -7"), "-9223372036854775808");
  EXPECT_EQ(Query("SELECT yes AND number = 0.1::double precision FROM copied WHERE id = -7"), "t");
  EXPECT_EQ(Query("SELECT name FROM copied WHERE id = -7"), "tab\tand \\ and \xC3\xA9");
  EXPECT_EQ(Query("SELECT sum((get_byte(bytes, i) = i)::integer) FROM copied, "
                  "generate_series(0, 255) i WHERE id = -7 AND length(bytes) = 256"),
            "256");
  EXPECT_EQ(Query("SELECT extract(epoch FROM moment) FROM copied WHERE id = -7"),
            "1700000000.123456");
  EXPECT_EQ(Query("SELECT digest FROM copied WHERE id = -7"),
            "01234567-89ab-cdef-fedc-ba9876543210");
  EXPECT_EQ(Query("SELECT numbers FROM copied WHERE id = -7"), "{1,-2,2147483647}");
  EXPECT_EQ(Query("SELECT doubles FROM copied WHERE id = -7"), "{0.1,-Infinity}");
  EXPECT_EQ(Query("SELECT count(*) FROM copied WHERE id = 8 AND big IS NULL AND doubles IS NULL"),
            "1");
}

TEST_F(CopyWriterTest, EmptyArraysAndManyRowsArrive) {
  constexpr int kRows = 20'000;  // several pieces
  ASSERT_TRUE(Copy([&](CopyWriter& copy) {
                for (int i = 0; i < kRows; ++i) {
                  copy.StartRow();
                  copy.Int32(i);
                  for (int column = 1; column < 8; ++column) copy.Null();
                  copy.Array(absl::Span<const int32_t>());
                  copy.Array(absl::Span<const double>());
                }
              }).ok());
  EXPECT_EQ(Query("SELECT count(*) FROM copied WHERE numbers = '{}' AND doubles = '{}'"), "20000");
}

TEST_F(CopyWriterTest, AnErrorOfARowIsTheTransactionsAndTheConnectionLivesOn) {
  const absl::Status twice = Copy([&](CopyWriter& copy) {
    CopyNulls(copy, 1);
    CopyNulls(copy, 1);
  });
  EXPECT_TRUE(absl::IsAlreadyExists(twice)) << twice;
  EXPECT_EQ(Query("SELECT count(*) FROM copied"), "0");
  EXPECT_TRUE(Copy([&](CopyWriter& copy) { CopyNulls(copy, 1); }).ok());
  EXPECT_EQ(Query("SELECT count(*) FROM copied"), "1");
}

TEST_F(CopyWriterTest, WhatIsNotCompletedIsNotCopied) {
  const absl::Status status = Transact(coordinator_.database, [&](pqxx::work& tx) -> absl::Status {
    {
      CopyWriter copy(tx, "copied", 10);
      CopyNulls(copy, 1);
    }
    return absl::CancelledError("changed its mind");
  });
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_EQ(Query("SELECT count(*) FROM copied"), "0");
}

}  // namespace
}  // namespace assay
