#include "worker/weights/pickle_input.h"

#include "common/base/status_macros.h"

namespace assay {

absl::StatusOr<absl::string_view> PickleInput::Take(uint64_t size) {
  if (size > bytes_.size() - position_) {
    return Error("ends in the middle of an operation (truncated or damaged file)");
  }
  const absl::string_view taken = bytes_.substr(position_, size);
  position_ += size;
  return taken;
}

absl::StatusOr<absl::string_view> PickleInput::TakeLine() {
  const size_t end = bytes_.find('\n', position_);
  if (end == absl::string_view::npos) {
    return Error("ends in the middle of a name (truncated or damaged file)");
  }
  const absl::string_view line = bytes_.substr(position_, end - position_);
  position_ = end + 1;
  return line;
}

absl::StatusOr<uint64_t> PickleInput::TakeNumber(size_t size) {
  ASSAY_ASSIGN_OR_RETURN(const absl::string_view bytes, Take(size));
  uint64_t number = 0;
  for (size_t i = size; i-- > 0;) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

absl::StatusOr<absl::string_view> PickleInput::TakeSized(size_t size_of_length) {
  ASSAY_ASSIGN_OR_RETURN(const uint64_t size, TakeNumber(size_of_length));
  return Take(size);
}

}  // namespace assay
