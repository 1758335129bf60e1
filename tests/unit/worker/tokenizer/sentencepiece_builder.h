// SentencePiece model files, byte by byte.
#ifndef ASSAY_TESTS_UNIT_WORKER_TOKENIZER_SENTENCEPIECE_BUILDER_H_
#define ASSAY_TESTS_UNIT_WORKER_TOKENIZER_SENTENCEPIECE_BUILDER_H_

#include <bit>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace assay {

inline std::string LittleEndian(uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

inline std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  bytes += static_cast<char>(value);
  return bytes;
}

inline std::string NumberField(int field, uint64_t value) {
  return Varint(static_cast<uint64_t>(field) << 3) + Varint(value);
}

inline std::string BytesField(int field, absl::string_view bytes) {
  return absl::StrCat(Varint(static_cast<uint64_t>(field) << 3 | 2), Varint(bytes.size()), bytes);
}

// A piece of ModelProto; types are SentencePiece's: 1 normal, 2 unknown, 3 control, 4 user-defined,
// 6 byte.
inline std::string Piece(absl::string_view text, float score, int type = 1) {
  const std::string number = Varint(2 << 3 | 5) + LittleEndian(std::bit_cast<uint32_t>(score));
  return BytesField(1, absl::StrCat(BytesField(1, text), number, NumberField(3, type)));
}

// <unk> 0, <s> 1, </s> 2, "▁" 3, "a" 4, "b" 5, "▁a" 6, "ab" 7.
inline std::string SmallPieces() {
  return absl::StrCat(Piece("<unk>", 0, 2), Piece("<s>", 0, 3), Piece("</s>", 0, 3),
                      Piece("\u2581", -10), Piece("a", -11), Piece("b", -12), Piece("\u2581a", -1),
                      Piece("ab", -2));
}

// trainer_spec with a model type (1 unigram, 2 BPE), and a normalizer that changes nothing.
inline std::string BpeSpecs(const std::string& normalizer = NumberField(4, 0)) {
  return absl::StrCat(BytesField(2, NumberField(3, 2)), BytesField(3, normalizer));
}

inline std::string SmallModel() { return SmallPieces() + BpeSpecs(); }

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_WORKER_TOKENIZER_SENTENCEPIECE_BUILDER_H_
