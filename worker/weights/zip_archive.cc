#include "worker/weights/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/weights/float_bits.h"

namespace assay {
namespace {

constexpr char kLocalMagic[] = "PK\3\4";
constexpr char kCentralMagic[] = "PK\1\2";
constexpr char kEndMagic[] = "PK\5\6";
constexpr char kLocator64Magic[] = "PK\6\7";
constexpr char kEnd64Magic[] = "PK\6\6";
constexpr size_t kLocalBytes = 30;
constexpr size_t kCentralBytes = 46;
constexpr size_t kEndBytes = 22;
constexpr size_t kLocator64Bytes = 20;
constexpr size_t kEnd64Bytes = 56;
constexpr size_t kMostComment = 0xffff;
constexpr uint16_t kExtra64 = 1;

template <typename... Parts>
absl::Status ZipError(const std::string& path, const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", parts...));
}

template <typename... Parts>
absl::Status EntryError(const std::string& path, absl::string_view name, const Parts&... parts) {
  return ZipError(path, "entry \"", absl::CHexEscape(name.substr(0, 200)), "\" ", parts...);
}

bool Begins(absl::string_view bytes, uint64_t at, const char* magic, size_t size) {
  return at <= bytes.size() && bytes.size() - at >= size &&
         std::memcmp(bytes.data() + at, magic, 4) == 0;
}

template <typename T>
uint64_t Field(absl::string_view record, size_t offset) {
  return LoadAs<T>(record.data() + offset);
}

// Where the list of entries is.
struct Directory {
  uint64_t offset = 0;
  uint64_t size = 0;
  uint64_t entries = 0;
};

absl::StatusOr<Directory> FindDirectory(const std::string& path, absl::string_view bytes) {
  const size_t least =
      bytes.size() > kEndBytes + kMostComment ? bytes.size() - kEndBytes - kMostComment : size_t{0};
  for (size_t at = bytes.size() < kEndBytes ? 0 : bytes.size() - kEndBytes + 1; at > least;) {
    --at;
    if (!Begins(bytes, at, kEndMagic, kEndBytes)) continue;
    const absl::string_view end = bytes.substr(at, kEndBytes);
    if (at + kEndBytes + Field<uint16_t>(end, 20) != bytes.size()) continue;
    Directory directory = {.offset = Field<uint32_t>(end, 16),
                           .size = Field<uint32_t>(end, 12),
                           .entries = Field<uint16_t>(end, 10)};
    uint64_t limit = at;  // the list ends before this
    if (at >= kLocator64Bytes &&
        Begins(bytes, at - kLocator64Bytes, kLocator64Magic, kLocator64Bytes)) {
      const uint64_t where = Field<uint64_t>(bytes.substr(at - kLocator64Bytes), 8);
      if (!Begins(bytes, where, kEnd64Magic, kEnd64Bytes)) {
        return ZipError(path, "the archive's 64-bit end is not at byte ", where,
                        " (truncated or damaged file)");
      }
      const absl::string_view end64 = bytes.substr(where, kEnd64Bytes);
      directory = {.offset = Field<uint64_t>(end64, 48),
                   .size = Field<uint64_t>(end64, 40),
                   .entries = Field<uint64_t>(end64, 32)};
      limit = where;
    }
    if (directory.offset > limit || directory.size > limit - directory.offset) {
      return ZipError(path, "the archive's list of entries claims ", directory.size,
                      " bytes from byte ", directory.offset, " on, before byte ", limit,
                      " (truncated or damaged file)");
    }
    return directory;
  }
  return ZipError(path, "the zip archive has no end (truncated file)");
}

struct Sizes {
  uint64_t stored = 0;
  uint64_t whole = 0;
  uint64_t offset = 0;  // of the local header
};

// Those that do not fit into the record's 32 bits are in its extra field.
bool Read64(absl::string_view extra, Sizes* sizes) {
  constexpr uint64_t kElsewhere = 0xffffffff;
  while (extra.size() >= 4) {
    const uint64_t size = Field<uint16_t>(extra, 2);
    if (size > extra.size() - 4) return false;
    if (Field<uint16_t>(extra, 0) != kExtra64) {
      extra.remove_prefix(4 + size);
      continue;
    }
    absl::string_view values = extra.substr(4, size);
    for (uint64_t* value : {&sizes->whole, &sizes->stored, &sizes->offset}) {
      if (*value != kElsewhere) continue;
      if (values.size() < 8) return false;
      *value = Field<uint64_t>(values, 0);
      values.remove_prefix(8);
    }
    return true;
  }
  return sizes->whole != kElsewhere && sizes->stored != kElsewhere && sizes->offset != kElsewhere;
}

// The entry's content, behind its local header, before the list of entries at `limit`.
absl::StatusOr<absl::string_view> FindContent(const std::string& path, absl::string_view bytes,
                                              absl::string_view name, const Sizes& sizes,
                                              uint64_t limit) {
  if (!Begins(bytes, sizes.offset, kLocalMagic, kLocalBytes)) {
    return EntryError(path, name, "is not at byte ", sizes.offset, " (truncated or damaged file)");
  }
  const absl::string_view header = bytes.substr(sizes.offset, kLocalBytes);
  const uint64_t name_size = Field<uint16_t>(header, 26);
  const uint64_t begin = sizes.offset + kLocalBytes + name_size + Field<uint16_t>(header, 28);
  if (begin > limit || sizes.stored > limit - begin) {
    return EntryError(path, name, "claims ", sizes.stored, " bytes from byte ", begin,
                      " on, before byte ", limit, " (truncated or damaged file)");
  }
  if (bytes.substr(sizes.offset + kLocalBytes, name_size) != name) {
    return EntryError(path, name, "has another name where it begins (damaged file)");
  }
  return bytes.substr(begin, sizes.stored);
}

absl::Status CheckOverlaps(const std::string& path, const std::vector<ZipEntry>& entries) {
  std::vector<const ZipEntry*> order;
  for (const ZipEntry& entry : entries) {
    if (!entry.bytes.empty()) order.push_back(&entry);
  }
  std::sort(order.begin(), order.end(),
            [](const ZipEntry* a, const ZipEntry* b) { return a->bytes.data() < b->bytes.data(); });
  for (size_t i = 1; i < order.size(); ++i) {
    if (order[i - 1]->bytes.data() + order[i - 1]->bytes.size() > order[i]->bytes.data()) {
      return EntryError(path, order[i]->name, "begins inside \"",
                        absl::CHexEscape(order[i - 1]->name.substr(0, 200)), "\" (damaged file)");
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool IsZipArchive(absl::string_view bytes) {
  return Begins(bytes, 0, kLocalMagic, kLocalBytes) || Begins(bytes, 0, kEndMagic, kEndBytes);
}

absl::StatusOr<std::vector<ZipEntry>> ReadZipArchive(const std::string& path,
                                                     absl::string_view bytes) {
  ASSAY_ASSIGN_OR_RETURN(const Directory directory, FindDirectory(path, bytes));
  absl::string_view list = bytes.substr(directory.offset, directory.size);
  std::vector<ZipEntry> entries;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    if (!Begins(list, 0, kCentralMagic, kCentralBytes)) {
      return ZipError(path, "the archive's list ends after ", i, " of ", directory.entries,
                      " entries (damaged file)");
    }
    const absl::string_view record = list.substr(0, kCentralBytes);
    const uint64_t name_size = Field<uint16_t>(record, 28);
    const uint64_t extra_size = Field<uint16_t>(record, 30);
    const uint64_t size = kCentralBytes + name_size + extra_size + Field<uint16_t>(record, 32);
    if (size > list.size()) {
      return ZipError(path, "the archive's list ends inside entry ", i, " (damaged file)");
    }
    const absl::string_view name = list.substr(kCentralBytes, name_size);
    if ((Field<uint16_t>(record, 8) & 1) != 0) return EntryError(path, name, "is encrypted");
    const bool compressed = Field<uint16_t>(record, 10) != 0;
    Sizes sizes = {.stored = Field<uint32_t>(record, 20),
                   .whole = Field<uint32_t>(record, 24),
                   .offset = Field<uint32_t>(record, 42)};
    if (!Read64(list.substr(kCentralBytes + name_size, extra_size), &sizes)) {
      return EntryError(path, name, "lacks its 64-bit sizes (damaged file)");
    }
    if (!compressed && sizes.stored != sizes.whole) {
      return EntryError(path, name, "is stored as it is, in ", sizes.stored,
                        " bytes, and should have ", sizes.whole, " (damaged file)");
    }
    ASSAY_ASSIGN_OR_RETURN(const absl::string_view content,
                           FindContent(path, bytes, name, sizes, directory.offset));
    if (!absl::EndsWith(name, "/")) {
      entries.push_back({std::string(name), content,
                         static_cast<uint32_t>(Field<uint32_t>(record, 16)), compressed});
    }
    list.remove_prefix(size);
  }
  std::sort(entries.begin(), entries.end(),
            [](const ZipEntry& a, const ZipEntry& b) { return a.name < b.name; });
  for (size_t i = 1; i < entries.size(); ++i) {
    if (entries[i - 1].name == entries[i].name) {
      return EntryError(path, entries[i].name, "is there twice");
    }
  }
  ASSAY_RETURN_IF_ERROR(CheckOverlaps(path, entries));
  return entries;
}

absl::Status CheckZipEntry(const std::string& path, const ZipEntry& entry) {
  if (entry.crc32 == 0) return absl::OkStatus();  // torch can be asked to compute none
  const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(entry.bytes.data()),
                            static_cast<z_size_t>(entry.bytes.size()));
  if (crc == entry.crc32) return absl::OkStatus();
  return EntryError(path, entry.name, "does not have its checksum (damaged file)");
}

}  // namespace assay
