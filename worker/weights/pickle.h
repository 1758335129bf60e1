// Python's pickles, as far as tensors and plain containers need them. Nothing is ever called: a
// pickle that names anything but the few functions that rebuild tensors is refused.
// Format: https://github.com/python/cpython/blob/main/Lib/pickletools.py
#ifndef ASSAY_WORKER_WEIGHTS_PICKLE_H_
#define ASSAY_WORKER_WEIGHTS_PICKLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

struct PickleValue {
  enum class Kind {
    kNone,
    kBool,
    kInteger,
    kLong,  // an integer of more than 64 bits: its bytes, little-endian
    kNumber,
    kText,
    kBytes,
    kGlobal,  // a function or class by its name, "torch.FloatStorage"
    kTuple,
    kList,
    kSet,
    kDict,
    kCall,        // a function and its arguments, not called
    kPersistent,  // what lies outside of the pickle under this id
  };
  Kind kind = Kind::kNone;
  int64_t integer = 0;  // also of kBool
  double number = 0;
  absl::string_view text;  // of kText, kBytes, kLong, kGlobal
  // Elements; of kDict keys and values in turn; of kCall the function and a tuple; of kPersistent
  // the id.
  std::vector<const PickleValue*> items;
};

class Pickle {
 public:
  // The pickle at the beginning of `bytes`, which must outlive it. It is untrusted: memory is
  // bounded by its size, nothing recurses, and values that contain themselves are refused.
  // InvalidArgument names `where` and the place or the global that is not allowed.
  static absl::StatusOr<std::unique_ptr<Pickle>> Read(const std::string& where,
                                                      absl::string_view bytes);

  const PickleValue& root() const { return *root_; }
  size_t size() const { return size_; }  // of the pickle in bytes

 private:
  Pickle() = default;

  std::deque<PickleValue> values_;
  const PickleValue* root_ = nullptr;
  size_t size_ = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_PICKLE_H_
