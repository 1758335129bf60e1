// A safetensors file, mapped into memory: the list of its weights.
// Format: https://github.com/huggingface/safetensors#format
#ifndef ASSAY_WORKER_WEIGHTS_SAFETENSORS_FILE_H_
#define ASSAY_WORKER_WEIGHTS_SAFETENSORS_FILE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/file.h"
#include "worker/weights/stored_tensor.h"
#include "worker/weights/weights_file.h"

namespace assay {

// The file is untrusted: the header's length, JSON, shapes and offsets are checked against each
// other and the file, and tensors must not overlap. Errors are InvalidArgument and name the file,
// the tensor and both numbers. Thread-safe to read.
class SafetensorsFile : public WeightsFile {
 public:
  static absl::StatusOr<std::unique_ptr<SafetensorsFile>> Open(const std::string& path);
  // The same of bytes that outlive the object; `path` is for messages.
  static absl::StatusOr<std::unique_ptr<SafetensorsFile>> FromBytes(std::string path,
                                                                    absl::string_view bytes);

  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  const std::string& path() const override { return path_; }
  absl::string_view bytes() const override { return bytes_; }
  void ReleaseMemory() const override { file_.ReleaseMemory(); }
  // Tensors of integers are no weights and left out.
  const std::vector<StoredTensor>& tensors() const override { return tensors_; }
  const std::vector<StoredTensor>& integers() const override { return integers_; }
  bool Has(absl::string_view name) const override { return names_.contains(name); }

 private:
  explicit SafetensorsFile(std::string path) : path_(std::move(path)) {}
  absl::Status Parse(absl::string_view bytes);

  std::string path_;
  MappedFile file_;  // empty after FromBytes
  absl::string_view bytes_;
  std::vector<StoredTensor> tensors_;
  std::vector<StoredTensor> integers_;
  absl::flat_hash_set<std::string> names_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_SAFETENSORS_FILE_H_
