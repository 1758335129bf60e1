#include "worker/device/device.h"

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace assay {

absl::StatusOr<Device> Device::Parse(absl::string_view name) {
  if (name == "cpu") return Device();
  if (name == "cuda") return Device{Type::kCuda, 0};
  Device device{Type::kCuda, 0};
  absl::string_view index = name;
  if (absl::ConsumePrefix(&index, "cuda:") && absl::SimpleAtoi(index, &device.index) &&
      device.index >= 0 && device.index < 128) {
    return device;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", name, "\" is no device; there are cpu, cuda and cuda:N"));
}

std::string Device::Name() const { return is_cpu() ? "cpu" : absl::StrCat("cuda:", index); }

}  // namespace assay
