#include "common/base/row_digest.h"

#include <gtest/gtest.h>

#include <set>

namespace assay {
namespace {

std::string DigestOf(const std::string& table, const std::vector<std::string>& columns,
                     const std::vector<std::vector<RowValue>>& rows) {
  RowDigest digest;
  digest.AddTable(table, columns);
  for (const auto& row : rows) digest.AddRow(row);
  return digest.Finish();
}

TEST(RowDigestTest, EqualRowsHaveOneDigest) {
  EXPECT_EQ(DigestOf("t", {"a", "b"}, {{"1", std::nullopt}}),
            DigestOf("t", {"a", "b"}, {{"1", std::nullopt}}));
}

TEST(RowDigestTest, WhateverDiffersHasAnother) {
  const std::vector<std::string> digests = {
      DigestOf("t", {"a", "b"}, {{"1", "2"}}),    DigestOf("t", {"a", "b"}, {{"12", ""}}),
      DigestOf("t", {"a", "b"}, {{"", "12"}}),    DigestOf("t", {"a", "b"}, {{"12", std::nullopt}}),
      DigestOf("t", {"a", "c"}, {{"1", "2"}}),    DigestOf("u", {"a", "b"}, {{"1", "2"}}),
      DigestOf("t", {"ab"}, {{"1", "2"}}),        DigestOf("t", {"a", "b"}, {{"2", "1"}}),
      DigestOf("t", {"a", "b"}, {{"1"}, {"2"}}),  DigestOf("t", {"a", "b"}, {}),
      DigestOf("t", {"a", "b"}, {{"1", "2"}, {}})};
  EXPECT_EQ(std::set<std::string>(digests.begin(), digests.end()).size(), digests.size());
}

}  // namespace
}  // namespace assay
