#include "client/exchange/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

using testing::HasSubstr;

class ArchiveTest : public testing::Test {
 protected:
  ArchiveTest() : folder_(absl::StrCat(testing::TempDir(), "/archive_test_", getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~ArchiveTest() override { std::filesystem::remove_all(folder_); }

  static v1::ArchiveRows Table(const std::string& name) {
    v1::ArchiveRows rows;
    rows.set_table(name);
    for (const auto& [column, kind] :
         {std::pair("id", v1::ARCHIVE_KIND_INTEGER), std::pair("done", v1::ARCHIVE_KIND_BOOLEAN),
          std::pair("output", v1::ARCHIVE_KIND_TEXT)}) {
      rows.add_columns()->set_name(column);
      rows.mutable_columns()->rbegin()->set_kind(kind);
    }
    return rows;
  }
  static void AddRow(const std::vector<RowValue>& values, v1::ArchiveRows& rows) {
    v1::ArchiveRow* row = rows.add_rows();
    for (const RowValue& value : values) {
      v1::ArchiveValue* cell = row->add_values();
      if (value.has_value()) cell->set_text(*value);
    }
  }
  static std::vector<v1::ArchiveRows> Sample() {
    std::vector<v1::ArchiveRows> parts = {Table("jobs"), Table("runs"), Table("runs"),
                                          Table("scores")};
    AddRow({"1", "true", "a\"b\n\\x,"}, parts[1]);
    AddRow({"-9223372036854775808", "false", std::nullopt}, parts[1]);
    AddRow({std::nullopt, std::nullopt, std::string("\0é", 3)}, parts[2]);
    AddRow({"3", "true", std::string(2 << 20, 'x')}, parts[3]);
    AddRow({"4", "true", ""}, parts[3]);
    return parts;
  }
  static std::string DigestOf(const std::vector<v1::ArchiveRows>& parts) {
    RowDigest digest;
    std::string table;
    for (const v1::ArchiveRows& part : parts) {
      if (part.table() != table) digest.AddTable(part.table(), {"id", "done", "output"});
      table = part.table();
      for (const v1::ArchiveRow& row : part.rows()) {
        std::vector<RowValue> values;
        for (const v1::ArchiveValue& value : row.values()) {
          values.push_back(value.has_text() ? RowValue(value.text()) : RowValue());
        }
        digest.AddRow(values);
      }
    }
    return digest.Finish();
  }
  absl::Status Write(const std::vector<v1::ArchiveRows>& parts, const std::string& sha256) {
    ArchiveWriter writer(folder_);
    for (const v1::ArchiveRows& part : parts) {
      if (absl::Status status = writer.Add(part); !status.ok()) return status;
    }
    v1::ArchiveSummary summary;
    summary.set_job_id(7);
    summary.set_sha256(sha256);
    return writer.Finish(summary);
  }

  const std::string folder_;
};

TEST_F(ArchiveTest, RowsComeBackAsTheyWere) {
  const std::vector<v1::ArchiveRows> parts = Sample();
  ASSERT_TRUE(Write(parts, DigestOf(parts)).ok());
  const auto archive = OpenArchive(folder_);
  ASSERT_TRUE(archive.ok()) << archive.status();
  EXPECT_EQ(archive->summary.job_id(), 7);
  std::vector<v1::ArchiveRows> read;
  const absl::Status status = ReadArchive(*archive, [&](const v1::ArchiveRows& rows) {
    read.push_back(rows);
    return absl::OkStatus();
  });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(DigestOf(read), DigestOf(parts));
  EXPECT_EQ(read[0].table(), "jobs");
  EXPECT_EQ(read[0].columns_size(), 3);
}

TEST_F(ArchiveTest, RowsThatGotLostOnTheWayAreNoticed) {
  const std::vector<v1::ArchiveRows> parts = Sample();
  const std::string digest = DigestOf(parts);
  EXPECT_TRUE(absl::IsDataLoss(Write({parts[0], parts[1], parts[3]}, digest)));
  EXPECT_TRUE(absl::IsNotFound(OpenArchive(folder_).status()));
}

TEST_F(ArchiveTest, DamagedFilesAreNoticed) {
  const std::vector<v1::ArchiveRows> parts = Sample();
  ASSERT_TRUE(Write(parts, DigestOf(parts)).ok());
  const auto take = [](const v1::ArchiveRows&) { return absl::OkStatus(); };
  std::filesystem::copy_file(folder_ + "/jobs.parquet", folder_ + "/scores.parquet",
                             std::filesystem::copy_options::overwrite_existing);
  const absl::Status other = ReadArchive(*OpenArchive(folder_), take);
  EXPECT_TRUE(absl::IsDataLoss(other)) << other;
  std::filesystem::resize_file(folder_ + "/runs.parquet", 20);
  const absl::Status cut = ReadArchive(*OpenArchive(folder_), take);
  EXPECT_THAT(std::string(cut.message()), HasSubstr("runs.parquet"));
}

TEST_F(ArchiveTest, TableNamesAreNoPaths) {
  std::ofstream(folder_ + "/archive.json")
      << R"({"format": "assay-archive", "version": 1, "summary": {"job_id": 1, "sha256": ""},)"
      << R"( "tables": [{"table": "../../etc/passwd", "columns": []}]})";
  EXPECT_TRUE(absl::IsInvalidArgument(OpenArchive(folder_).status()));
  std::ofstream(folder_ + "/archive.json") << "{";
  EXPECT_TRUE(absl::IsInvalidArgument(OpenArchive(folder_).status()));
}

}  // namespace
}  // namespace assay
