// Writes GGUF files for tests, well-formed or not.
//
//   std::string bytes = GgufBuilder().String("general.architecture", "llama").Tensor("a", {2, 3},
//   0, data).Bytes();
#ifndef ASSAY_TESTS_SUPPORT_GGUF_BUILDER_H_
#define ASSAY_TESTS_SUPPORT_GGUF_BUILDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "worker/weights/gguf_parser.h"

namespace assay {

// The little-endian bytes of a number.
template <typename T>
std::string LittleEndian(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}
// A length of 8 bytes and the text, as GGUF stores strings.
std::string GgufString(absl::string_view text);

class GgufBuilder {
 public:
  explicit GgufBuilder(uint32_t version = 3) : version_(version) {}

  GgufBuilder& Value(absl::string_view key, GgufType type, absl::string_view bytes);
  GgufBuilder& String(absl::string_view key, absl::string_view value);
  GgufBuilder& Uint32(absl::string_view key, uint32_t value);
  GgufBuilder& Float32(absl::string_view key, float value);
  GgufBuilder& Bool(absl::string_view key, bool value);
  GgufBuilder& Array(absl::string_view key, GgufType element, uint64_t count,
                     absl::string_view bytes);
  GgufBuilder& Strings(absl::string_view key, const std::vector<std::string>& values);
  GgufBuilder& Ints(absl::string_view key, const std::vector<int32_t>& values);
  GgufBuilder& Floats(absl::string_view key, const std::vector<float>& values);
  // `shape` outermost first; `type` is GGML's number (0 is float32). Placed after the tensor before
  // it, aligned.
  GgufBuilder& Tensor(absl::string_view name, const std::vector<int64_t>& shape, uint32_t type,
                      absl::string_view bytes);
  // An entry as it is given: dimensions innermost first, any offset. `bytes` are appended to the
  // data.
  GgufBuilder& RawTensor(absl::string_view name, const std::vector<uint64_t>& dimensions,
                         uint32_t type, uint64_t offset, absl::string_view bytes);

  std::string Bytes() const;

 private:
  uint32_t version_;
  uint64_t values_ = 0;
  uint64_t tensors_ = 0;
  std::string metadata_;
  std::string entries_;
  std::string data_;
};

}  // namespace assay

#endif  // ASSAY_TESTS_SUPPORT_GGUF_BUILDER_H_
