// The wire format of protocol buffers, read from untrusted bytes without generated code.
#ifndef ASSAY_WORKER_TOKENIZER_PROTOBUF_READER_H_
#define ASSAY_WORKER_TOKENIZER_PROTOBUF_READER_H_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace assay {

// Goes through the fields of one message.
//
//   ProtobufReader reader(bytes);
//   while (reader.Next()) { if (reader.field() == 1) Use(reader.bytes()); }
//   if (!reader.ok()) ...  // cut off, or not of this format
class ProtobufReader {
 public:
  enum class WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  explicit ProtobufReader(absl::string_view message) : rest_(message) {}

  bool Next() {
    if (!ok_ || rest_.empty()) return false;
    uint64_t key = 0;
    ok_ = Varint(key) && (key >> 3) != 0 && (key >> 3) <= kMaxField;
    if (!ok_) return false;
    field_ = static_cast<uint32_t>(key >> 3);
    type_ = static_cast<WireType>(key & 7);
    ok_ = Value();
    return ok_;
  }
  bool ok() const { return ok_; }

  uint32_t field() const { return field_; }
  WireType type() const { return type_; }
  // Of the types kVarint, kFixed32 and kFixed64.
  uint64_t number() const { return number_; }
  float float_value() const { return std::bit_cast<float>(static_cast<uint32_t>(number_)); }
  // Of the type kBytes; inside the message.
  absl::string_view bytes() const { return bytes_; }

 private:
  static constexpr uint64_t kMaxField = (1 << 29) - 1;

  bool Varint(uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return false;
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return true;
    }
    return false;
  }

  bool Fixed(size_t size) {
    if (rest_.size() < size) return false;
    number_ = 0;
    for (size_t i = 0; i < size; ++i) {
      number_ |= static_cast<uint64_t>(static_cast<uint8_t>(rest_[i])) << (8 * i);
    }
    rest_.remove_prefix(size);
    return true;
  }

  bool Value() {
    uint64_t size = 0;
    switch (type_) {
      case WireType::kVarint:
        return Varint(number_);
      case WireType::kFixed32:
        return Fixed(4);
      case WireType::kFixed64:
        return Fixed(8);
      case WireType::kBytes:
        if (!Varint(size) || size > rest_.size()) return false;
        bytes_ = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
    }
    return false;  // groups are not in use any more
  }

  absl::string_view rest_;
  bool ok_ = true;
  uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  uint64_t number_ = 0;
  absl::string_view bytes_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_PROTOBUF_READER_H_
