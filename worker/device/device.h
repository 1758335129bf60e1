// Where a model's tensors live and its passes are computed.
#ifndef ASSAY_WORKER_DEVICE_DEVICE_H_
#define ASSAY_WORKER_DEVICE_DEVICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

struct Device {
  enum class Type { kCpu, kCuda };
  Type type = Type::kCpu;
  int index = 0;  // kCuda: which of the machine's

  // "cpu", "cuda" (the first) or "cuda:N". InvalidArgument says what there is.
  static absl::StatusOr<Device> Parse(absl::string_view name);
  std::string Name() const;  // as Parse takes it

  bool is_cpu() const { return type == Type::kCpu; }
};

}  // namespace assay

#endif  // ASSAY_WORKER_DEVICE_DEVICE_H_
