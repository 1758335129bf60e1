// The bytes of a GGUF file to its parts, every one checked. GgufFile is what others use.
#ifndef ASSAY_WORKER_WEIGHTS_GGUF_PARSER_H_
#define ASSAY_WORKER_WEIGHTS_GGUF_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/weights/tensor_type.h"

namespace assay {

// The types of metadata, by their numbers in the file.
enum class GgufType : uint32_t {
  kUint8 = 0,
  kInt8 = 1,
  kUint16 = 2,
  kInt16 = 3,
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kUint64 = 10,
  kInt64 = 11,
  kFloat64 = 12,
};
absl::string_view GgufTypeName(GgufType type);
// Bytes of one value; 0 for strings and arrays, whose size varies, and for unknown types.
size_t GgufTypeSize(GgufType type);

// A value as it lies in the file: a string's text, an array's elements with their length prefixes,
// a number's bytes.
struct GgufValue {
  GgufType type = GgufType::kUint8;
  GgufType element_type = GgufType::kUint8;  // of an array
  uint64_t count = 0;                        // of an array's elements
  absl::string_view bytes;
};

struct GgufTensor {
  std::string name;            // GGUF's: "blk.0.attn_q.weight"
  std::vector<int64_t> shape;  // outermost first, the reverse of the order in the file
  TensorType type = TensorType::kF32;
  absl::string_view bytes;  // exactly the tensor's blocks, inside the file
};

struct GgufContent {
  uint32_t version = 0;
  absl::flat_hash_map<absl::string_view, GgufValue> values;
  std::vector<GgufTensor> tensors;  // in the order of the file
};

// Views are into `bytes`; `path` is for messages.
absl::StatusOr<GgufContent> ParseGguf(const std::string& path, absl::string_view bytes);

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_GGUF_PARSER_H_
