// A safetensors file, mapped into memory: the list of its weights.
// Format: https://github.com/huggingface/safetensors#format
#ifndef ASSAY_WORKER_WEIGHTS_SAFETENSORS_FILE_H_
#define ASSAY_WORKER_WEIGHTS_SAFETENSORS_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/file.h"
#include "worker/weights/tensor_type.h"

namespace assay {

struct SafetensorsTensor {
  std::string name;
  std::vector<int64_t> shape;  // outermost first
  TensorType type = TensorType::kF32;
  absl::string_view bytes;  // exactly the tensor's values, inside the file
};

// The file is untrusted: the header's length, JSON, shapes and offsets are checked against each
// other and the file, and tensors must not overlap. Errors are InvalidArgument and name the file,
// the tensor and both numbers. Thread-safe to read.
class SafetensorsFile {
 public:
  static absl::StatusOr<std::unique_ptr<SafetensorsFile>> Open(const std::string& path);
  // The same of bytes that outlive the object; `path` is for messages.
  static absl::StatusOr<std::unique_ptr<SafetensorsFile>> FromBytes(std::string path,
                                                                    absl::string_view bytes);

  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  const std::string& path() const { return path_; }
  absl::string_view bytes() const { return bytes_; }  // the whole file
  void ReleaseMemory() const { file_.ReleaseMemory(); }
  // In order of name. Integer tensors that are no weights (position ids, masks) are left out.
  const std::vector<SafetensorsTensor>& tensors() const { return tensors_; }
  // True for every name in the file, also those left out of tensors().
  bool Has(absl::string_view name) const { return names_.contains(name); }

 private:
  explicit SafetensorsFile(std::string path) : path_(std::move(path)) {}
  absl::Status Parse(absl::string_view bytes);

  std::string path_;
  MappedFile file_;  // empty after FromBytes
  absl::string_view bytes_;
  std::vector<SafetensorsTensor> tensors_;
  absl::flat_hash_set<std::string> names_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_SAFETENSORS_FILE_H_
