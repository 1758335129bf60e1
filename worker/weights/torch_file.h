// A file that torch.save wrote, mapped into memory: the zip archive of torch 1.6 and later, or the
// stream of pickles and raw storages of earlier ones.
#ifndef ASSAY_WORKER_WEIGHTS_TORCH_FILE_H_
#define ASSAY_WORKER_WEIGHTS_TORCH_FILE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/file.h"
#include "worker/weights/torch_tensors.h"
#include "worker/weights/weights_file.h"
#include "worker/weights/zip_archive.h"

namespace assay {

// The file is untrusted: no code of it is run (pickle.h), every size, stride and offset is checked
// against the bytes that are there. Errors are InvalidArgument and name the file and the tensor.
// Tensors that are not contiguous have strides. Thread-safe to read.
class TorchFile : public WeightsFile {
 public:
  static absl::StatusOr<std::unique_ptr<TorchFile>> Open(const std::string& path);
  // The same of bytes that outlive the object; `path` is for messages.
  static absl::StatusOr<std::unique_ptr<TorchFile>> FromBytes(std::string path,
                                                              absl::string_view bytes);

  TorchFile(const TorchFile&) = delete;
  TorchFile& operator=(const TorchFile&) = delete;

  const std::string& path() const override { return path_; }
  absl::string_view bytes() const override { return bytes_; }
  const std::vector<StoredTensor>& tensors() const override { return tensors_; }
  const std::vector<StoredTensor>& integers() const override { return integers_; }
  bool Has(absl::string_view name) const override { return names_.contains(name); }
  void ReleaseMemory() const override { file_.ReleaseMemory(); }
  // Of a zip archive every entry's checksum; older files have none.
  absl::Status CheckIntegrity() const override;

 private:
  using Storages = absl::flat_hash_map<std::string, absl::string_view>;  // bytes by key

  explicit TorchFile(std::string path) : path_(std::move(path)) {}
  absl::Status Parse(absl::string_view bytes);
  absl::Status ParseZip();
  absl::Status ParseStream();
  absl::Status AddTensors(const std::vector<TorchTensor>& tensors, const Storages& storages);

  std::string path_;
  MappedFile file_;  // empty after FromBytes
  absl::string_view bytes_;
  std::vector<ZipEntry> entries_;
  std::vector<StoredTensor> tensors_;
  std::vector<StoredTensor> integers_;
  absl::flat_hash_set<std::string> names_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_TORCH_FILE_H_
