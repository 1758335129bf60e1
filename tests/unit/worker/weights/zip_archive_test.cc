#include "worker/weights/zip_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/zip_builder.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string Refusal(const std::string& bytes) {
  const auto entries = ReadZipArchive("a.bin", bytes);
  return entries.ok() ? "" : std::string(entries.status().message());
}

TEST(ZipArchiveTest, FindsTheEntriesWhereTheyAre) {
  for (const bool is_64 : {false, true}) {
    const std::string bytes = ZipBytes(
        {{"m/data/0", "values"}, {"m/data.pkl", "pickle"}, {"m/empty", ""}, {"m/", ""}}, is_64);
    EXPECT_TRUE(IsZipArchive(bytes));
    const auto entries = ReadZipArchive("a.bin", bytes);
    ASSERT_TRUE(entries.ok()) << entries.status();
    ASSERT_EQ(entries->size(), 3u);  // folders are none
    EXPECT_EQ((*entries)[0].name, "m/data.pkl");
    EXPECT_EQ((*entries)[0].bytes, "pickle");
    EXPECT_EQ((*entries)[1].name, "m/data/0");
    EXPECT_EQ((*entries)[1].bytes.data(), bytes.data() + bytes.find("values"));
    EXPECT_EQ((*entries)[2].bytes, "");
    for (const ZipEntry& entry : *entries) EXPECT_TRUE(CheckZipEntry("a.bin", entry).ok());
  }
}

TEST(ZipArchiveTest, AnArchiveMayHaveAComment) {
  std::string bytes = ZipBytes({{"a", "1"}});
  bytes[bytes.size() - 2] = 5;
  EXPECT_THAT(Refusal(bytes), HasSubstr("no end"));
  EXPECT_EQ(Refusal(absl::StrCat(bytes, "hello")), "");
}

TEST(ZipArchiveTest, EveryTruncationIsRefused) {
  for (const bool is_64 : {false, true}) {
    const std::string bytes = ZipBytes({{"m/data.pkl", "pickle"}, {"m/data/0", "values"}}, is_64);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_THAT(Refusal(bytes.substr(0, size)), HasSubstr("a.bin: ")) << size;
    }
  }
}

TEST(ZipArchiveTest, BytesBeforeTheArchiveMoveEverything) {
  EXPECT_THAT(Refusal(absl::StrCat("x", ZipBytes({{"a", "1"}}))), HasSubstr("damaged"));
}

TEST(ZipArchiveTest, RefusesWhatTorchNeverWrites) {
  const std::string compressed = ZipBytes({{"m/a", "1", {}, 8}});
  EXPECT_TRUE(ReadZipArchive("a.bin", compressed).value()[0].compressed);
  EXPECT_THAT(Refusal(ZipBytes({{"m/a", "1", {}, 0, 1}})), HasSubstr("is encrypted"));
  EXPECT_THAT(Refusal(ZipBytes({{"a", "1"}, {"b", "2"}, {"a", "3"}})),
              HasSubstr("\"a\" is there twice"));
  EXPECT_THAT(Refusal(ZipBytes({{"a", "1", "b"}})), HasSubstr("has another name where it begins"));
}

TEST(ZipArchiveTest, ADamagedListIsRefused) {
  std::string bytes = ZipBytes({{"a", "11"}, {"b", "22"}});
  const size_t second = bytes.rfind("PK\1\2");
  const auto with = [&](size_t at, char value) {
    std::string changed = bytes;
    changed[at] = value;
    return Refusal(changed);
  };
  EXPECT_THAT(with(second, 'X'), HasSubstr("ends after 1 of 2 entries"));
  EXPECT_THAT(with(second + 20, 3), HasSubstr("is stored as it is, in 3 bytes"));
  EXPECT_THAT(with(second + 28, 100), HasSubstr("ends inside entry 1"));
  EXPECT_THAT(with(second + 42, 1), HasSubstr("is not at byte 1"));
  EXPECT_THAT(with(bytes.size() - 6, 1), HasSubstr("list"));           // where the list begins
  EXPECT_THAT(with(bytes.size() - 10, 1), HasSubstr("list"));          // its size
  EXPECT_THAT(with(bytes.size() - 12, 3), HasSubstr("of 3 entries"));  // their number
}

TEST(ZipArchiveTest, EntriesMustNotOverlap) {
  // The second local header lies inside the first entry.
  const std::string inner = ZipBytes({{"b", "2"}});
  const std::string local = inner.substr(0, inner.find("PK\1\2"));
  std::string bytes = ZipBytes({{"a", local}, {"b", "2"}});
  const size_t second = bytes.rfind("PK\1\2");
  bytes[second + 42] = static_cast<char>(bytes.find("PK\3\4", 1));
  EXPECT_THAT(Refusal(bytes), HasSubstr("begins inside"));
}

TEST(ZipArchiveTest, ChecksumsAreChecked) {
  const std::string bytes = ZipBytes({{"a", "11", {}, 0, 0, 0x1234}, {"b", "22"}});
  const auto entries = ReadZipArchive("a.bin", bytes);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_THAT(std::string(CheckZipEntry("a.bin", (*entries)[0]).message()),
              AllOf(HasSubstr("a.bin"), HasSubstr("\"a\""), HasSubstr("checksum")));
  EXPECT_TRUE(CheckZipEntry("a.bin", (*entries)[1]).ok());
}

}  // namespace
}  // namespace assay
