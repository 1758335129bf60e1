// A GGUF file (versions 2 and 3, little-endian), mapped into memory: typed metadata and the list of
// tensors. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
//
//   ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<GgufFile> file, GgufFile::Open("model.gguf"));
//   ASSAY_ASSIGN_OR_RETURN(uint64_t layers, file->GetUint("llama.block_count"));
//   ASSAY_ASSIGN_OR_RETURN(double base, file->GetNumber("llama.rope.freq_base", 10000.0));
#ifndef ASSAY_WORKER_WEIGHTS_GGUF_FILE_H_
#define ASSAY_WORKER_WEIGHTS_GGUF_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/file.h"
#include "worker/weights/gguf_parser.h"

namespace assay {

// The file is untrusted. Open checks every count, length, type and offset against the bytes that
// are there, so the getters cannot run out of the file; it refuses duplicate keys and tensors.
// Errors are InvalidArgument and name the file, the key or tensor, and both numbers. Thread-safe to
// read.
class GgufFile {
 public:
  static absl::StatusOr<std::unique_ptr<GgufFile>> Open(const std::string& path);
  // The same of bytes that outlive the object; `path` is for messages.
  static absl::StatusOr<std::unique_ptr<GgufFile>> FromBytes(std::string path,
                                                             absl::string_view bytes);

  GgufFile(const GgufFile&) = delete;
  GgufFile& operator=(const GgufFile&) = delete;

  const std::string& path() const { return path_; }
  absl::string_view bytes() const { return bytes_; }  // the whole file
  void ReleaseMemory() const { file_.ReleaseMemory(); }
  uint32_t version() const { return version_; }
  // In the order of the file.
  const std::vector<GgufTensor>& tensors() const { return tensors_; }

  // Metadata. A getter without a default fails where the key is missing; every getter fails where
  // the value has another type. The error names file and key. Views are into the file.
  bool Has(absl::string_view key) const { return values_.contains(key); }
  absl::StatusOr<uint64_t> GetUint(absl::string_view key) const;  // any integer type, ≥ 0
  absl::StatusOr<double> GetNumber(
      absl::string_view key) const;  // any integer or float type, finite
  absl::StatusOr<bool> GetBool(absl::string_view key) const;
  absl::StatusOr<absl::string_view> GetString(absl::string_view key) const;
  absl::StatusOr<uint64_t> GetUint(absl::string_view key, uint64_t missing) const;
  absl::StatusOr<double> GetNumber(absl::string_view key, double missing) const;
  absl::StatusOr<bool> GetBool(absl::string_view key, bool missing) const;
  absl::StatusOr<absl::string_view> GetString(absl::string_view key,
                                              absl::string_view missing) const;
  absl::StatusOr<std::vector<absl::string_view>> GetStrings(absl::string_view key) const;
  absl::StatusOr<std::vector<int64_t>> GetInts(absl::string_view key) const;  // any integer type
  absl::StatusOr<std::vector<float>> GetFloats(absl::string_view key) const;  // float32 or float64
  // True where the key holds an array (of any type).
  bool IsArray(absl::string_view key) const;

 private:
  explicit GgufFile(std::string path) : path_(std::move(path)) {}
  absl::Status Parse(absl::string_view bytes);
  absl::StatusOr<const GgufValue*> Find(absl::string_view key) const;
  absl::Status WrongType(absl::string_view key, const GgufValue& value,
                         absl::string_view want) const;

  std::string path_;
  MappedFile file_;  // empty after FromBytes
  absl::string_view bytes_;
  uint32_t version_ = 0;
  absl::flat_hash_map<absl::string_view, GgufValue> values_;
  std::vector<GgufTensor> tensors_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_GGUF_FILE_H_
