// A SentencePiece model file (tokenizer.model, spiece.model): the protocol buffer ModelProto of
// sentencepiece_model.proto.
#ifndef ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_MODEL_H_
#define ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_MODEL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// Values of ModelProto.SentencePiece.Type.
enum class PieceType : int32_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,
};

struct SentencePiece {
  std::string text = {};
  float score = 0;
  PieceType type = PieceType::kNormal;
};

// Values of TrainerSpec.ModelType; models of words and characters are refused.
enum class SentencePieceAlgorithm : int32_t { kUnigram = 1, kBpe = 2 };

// Fields that the file lacks have the defaults of sentencepiece_model.proto.
struct SentencePieceModel {
  std::vector<SentencePiece> pieces = {};  // the index is the id
  SentencePieceAlgorithm algorithm = SentencePieceAlgorithm::kUnigram;
  bool byte_fallback = false;
  int32_t unk_id = 0;  // of a piece of the type kUnknown
  // Empty: none. A darts-clone trie of replaced texts, then the replacements.
  std::string charsmap = {};
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
};

// Checks lengths, UTF-8, scores, types, that no piece is empty or there twice, that there is one
// unknown piece, and the trie. InvalidArgument names `file` and the field.
absl::StatusOr<SentencePieceModel> ParseSentencePieceModel(absl::string_view file,
                                                           absl::string_view bytes);

// The parts of a charsmap that CheckCharsmap accepts, and that is not empty.
struct Charsmap {
  std::vector<uint32_t> trie = {};  // units
  std::string replacements = {};    // each ends with a zero byte
};
Charsmap SplitCharsmap(absl::string_view charsmap);

// A charsmap whose trie leads out of itself, or to replacements that are not there.
absl::Status CheckCharsmap(absl::string_view charsmap);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_MODEL_H_
