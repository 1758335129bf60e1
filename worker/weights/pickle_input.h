// Internal to Pickle: the bytes of a pickle, taken one after the other.
#ifndef ASSAY_WORKER_WEIGHTS_PICKLE_INPUT_H_
#define ASSAY_WORKER_WEIGHTS_PICKLE_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace assay {

class PickleInput {
 public:
  PickleInput(const std::string& where, absl::string_view bytes) : where_(where), bytes_(bytes) {}

  size_t position() const { return position_; }
  absl::StatusOr<absl::string_view> Take(uint64_t size);
  absl::StatusOr<absl::string_view> TakeLine();      // without its end
  absl::StatusOr<uint64_t> TakeNumber(size_t size);  // unsigned, little-endian
  // A length of so many bytes, and as many bytes as it says.
  absl::StatusOr<absl::string_view> TakeSized(size_t size_of_length);

  // Of what the pickle is or does.
  template <typename... Parts>
  absl::Status Error(const Parts&... parts) const {
    return absl::InvalidArgumentError(absl::StrCat(where_, ": the pickle ", parts...));
  }

 private:
  const std::string& where_;
  const absl::string_view bytes_;
  size_t position_ = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_PICKLE_INPUT_H_
