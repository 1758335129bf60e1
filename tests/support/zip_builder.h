// Zip archives for tests, byte by byte, also wrong ones.
#ifndef ASSAY_TESTS_SUPPORT_ZIP_BUILDER_H_
#define ASSAY_TESTS_SUPPORT_ZIP_BUILDER_H_

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/gguf_builder.h"

namespace assay {

struct TestZipEntry {
  std::string name;
  std::string content;
  std::string local_name = {};  // empty: name
  uint16_t method = 0;
  uint16_t flags = 0;
  uint32_t wrong_crc = 0;  // 0: the right one
};

// `is_64`: sizes, offsets and the end as an archive of more than 4 GiB has them.
inline std::string ZipBytes(const std::vector<TestZipEntry>& entries, bool is_64 = false) {
  const auto le16 = [](uint64_t value) { return LittleEndian(static_cast<uint16_t>(value)); };
  const auto le32 = [](uint64_t value) { return LittleEndian(static_cast<uint32_t>(value)); };
  const auto le64 = [](uint64_t value) { return LittleEndian(value); };
  std::string bytes, directory;
  for (const TestZipEntry& entry : entries) {
    const uint64_t offset = bytes.size(), size = entry.content.size();
    const uint64_t crc =
        entry.wrong_crc != 0
            ? entry.wrong_crc
            : crc32_z(0, reinterpret_cast<const Bytef*>(entry.content.data()), size);
    const std::string& local = entry.local_name.empty() ? entry.name : entry.local_name;
    const std::string padding(is_64 ? 13 : 0, 'x');  // as torch aligns the values
    absl::StrAppend(&bytes, "PK\3\4", le16(20), le16(entry.flags), le16(entry.method), le32(0),
                    le32(crc), le32(size), le32(size), le16(local.size()), le16(padding.size()));
    absl::StrAppend(&bytes, local, padding, entry.content);
    std::string extra;
    if (is_64)
      extra = absl::StrCat(le16(7), le16(1), "?", le16(1), le16(24), le64(size), le64(size),
                           le64(offset));
    const auto or_elsewhere = [&](uint64_t value) { return le32(is_64 ? 0xffffffff : value); };
    absl::StrAppend(&directory, "PK\1\2", le16(20), le16(20), le16(entry.flags));
    absl::StrAppend(&directory, le16(entry.method), le32(0), le32(crc), or_elsewhere(size),
                    or_elsewhere(size), le16(entry.name.size()), le16(extra.size()), le16(0));
    absl::StrAppend(&directory, le16(0), le16(0), le32(0), or_elsewhere(offset), entry.name, extra);
  }
  const uint64_t begin = bytes.size(), count = entries.size();
  bytes += directory;
  if (is_64) {
    const uint64_t end64 = bytes.size();
    absl::StrAppend(&bytes, "PK\6\6", le64(44), le16(45), le16(45), le32(0), le32(0));
    absl::StrAppend(&bytes, le64(count), le64(count), le64(directory.size()), le64(begin));
    absl::StrAppend(&bytes, "PK\6\7", le32(0), le64(end64), le32(1));
  }
  absl::StrAppend(&bytes, "PK\5\6", le16(0), le16(0), le16(is_64 ? 0xffff : count));
  absl::StrAppend(&bytes, le16(is_64 ? 0xffff : count), le32(is_64 ? 0xffffffff : directory.size()),
                  le32(is_64 ? 0xffffffff : begin), le16(0));
  return bytes;
}

}  // namespace assay

#endif  // ASSAY_TESTS_SUPPORT_ZIP_BUILDER_H_
