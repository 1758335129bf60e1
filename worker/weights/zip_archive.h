// The entries of a zip archive, where they are stored as they are, as torch.save writes them.
// Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, with its 64-bit fields
#ifndef ASSAY_WORKER_WEIGHTS_ZIP_ARCHIVE_H_
#define ASSAY_WORKER_WEIGHTS_ZIP_ARCHIVE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

struct ZipEntry {
  std::string name;
  absl::string_view bytes;  // inside the archive
  uint32_t crc32 = 0;
  bool compressed = false;  // `bytes` are what they were compressed to
};

bool IsZipArchive(absl::string_view bytes);

// Every entry but folders, in order of name. The archive is untrusted: counts, lengths and offsets
// are checked, entries must not overlap, and the list at the end must say what stands before each
// entry. InvalidArgument names `path` and the entry, also one that is encrypted.
absl::StatusOr<std::vector<ZipEntry>> ReadZipArchive(const std::string& path,
                                                     absl::string_view bytes);

// InvalidArgument where the entry's bytes do not have its checksum.
absl::Status CheckZipEntry(const std::string& path, const ZipEntry& entry);

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_ZIP_ARCHIVE_H_
