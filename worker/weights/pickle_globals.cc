#include "worker/weights/pickle_globals.h"

#include <algorithm>
#include <iterator>

namespace assay {
namespace {

// In order of name.
constexpr absl::string_view kAllowed[] = {
    "__builtin__.set",
    "_codecs.encode",
    "builtins.set",
    kOrderedDict,
    "torch.BFloat16Storage",
    "torch.BoolStorage",
    "torch.ByteStorage",
    "torch.CharStorage",
    "torch.ComplexDoubleStorage",
    "torch.ComplexFloatStorage",
    "torch.DoubleStorage",
    "torch.FloatStorage",
    "torch.HalfStorage",
    "torch.IntStorage",
    "torch.LongStorage",
    "torch.ShortStorage",
    kSize,
    "torch.Tensor",
    "torch.UntypedStorage",
    kRebuildFromType,
    kRebuildParameter,
    kRebuildParameterWithState,
    kRebuildTensor,
    kRebuildTensor2,
    kRebuildTensor3,
    "torch.bfloat16",
    "torch.bool",
    "torch.complex128",
    "torch.complex64",
    "torch.device",
    "torch.float16",
    "torch.float32",
    "torch.float64",
    "torch.float8_e4m3fn",
    "torch.float8_e5m2",
    "torch.int16",
    "torch.int32",
    "torch.int64",
    "torch.int8",
    "torch.nn.parameter.Parameter",
    "torch.storage.UntypedStorage",
    "torch.uint16",
    "torch.uint32",
    "torch.uint64",
    "torch.uint8",
};
static_assert(std::is_sorted(std::begin(kAllowed), std::end(kAllowed)));

}  // namespace

absl::string_view FindPickleGlobal(absl::string_view module, absl::string_view name) {
  for (const absl::string_view allowed : kAllowed) {
    if (allowed.size() == module.size() + 1 + name.size() &&
        allowed.substr(0, module.size()) == module && allowed[module.size()] == '.' &&
        allowed.substr(module.size() + 1) == name) {
      return allowed;
    }
  }
  return {};
}

}  // namespace assay
