#include "worker/tokenizer/sentencepiece_model.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/tokenizer/protobuf_reader.h"
#include "worker/tokenizer/utf8.h"

namespace assay {
namespace {

using WireType = ProtobufReader::WireType;

constexpr size_t kMaxPieces = size_t{1} << 22;
constexpr size_t kMaxPieceBytes = 4096;

absl::Status FileError(absl::string_view file, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", text));
}

absl::Status PieceError(absl::string_view file, size_t id, absl::string_view text) {
  return FileError(file, absl::StrCat("piece ", id, " ", text));
}

absl::Status NotAMessage(absl::string_view file, absl::string_view message) {
  return FileError(file, absl::StrCat("not a SentencePiece model: ", message,
                                      " is cut off or no protocol buffer"));
}

uint32_t Unit(absl::string_view charsmap, size_t index) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    value |= static_cast<uint32_t>(static_cast<uint8_t>(charsmap[4 * index + i])) << (8 * i);
  }
  return value;
}

absl::Status ParsePiece(absl::string_view file, absl::string_view message, size_t id,
                        SentencePiece& piece) {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1 && reader.type() == WireType::kBytes) {
      piece.text = std::string(reader.bytes());
    } else if (reader.field() == 2 && reader.type() == WireType::kFixed32) {
      piece.score = reader.float_value();
    } else if (reader.field() == 3 && reader.type() == WireType::kVarint) {
      if (reader.number() < 1 || reader.number() > 6) {
        return PieceError(file, id, absl::StrCat("has the unknown type ", reader.number()));
      }
      piece.type = static_cast<PieceType>(reader.number());
    }
  }
  if (!reader.ok()) return NotAMessage(file, absl::StrCat("piece ", id));
  if (piece.text.empty()) return PieceError(file, id, "is empty");
  if (piece.text.size() > kMaxPieceBytes) {
    return PieceError(
        file, id, absl::StrCat("has ", piece.text.size(), " bytes, more than ", kMaxPieceBytes));
  }
  if (!IsUtf8(piece.text)) {
    return PieceError(file, id,
                      absl::StrCat("(\"", absl::CHexEscape(piece.text), "\") is not UTF-8"));
  }
  if (!std::isfinite(piece.score)) return PieceError(file, id, "has a score that is not finite");
  return absl::OkStatus();
}

absl::Status ParseTrainerSpec(absl::string_view file, absl::string_view message,
                              SentencePieceModel& model, int64_t& declared_unk) {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.type() != WireType::kVarint) continue;
    if (reader.field() == 3) {
      if (reader.number() != 1 && reader.number() != 2) {
        return FileError(file, absl::StrCat("trainer_spec.model_type ", reader.number(),
                                            " is not supported; 1 (unigram) and 2 (BPE) are"));
      }
      model.algorithm = static_cast<SentencePieceAlgorithm>(reader.number());
    } else if (reader.field() == 24 && reader.number() != 0) {
      return FileError(file, "trainer_spec.treat_whitespace_as_suffix is not supported");
    } else if (reader.field() == 35) {
      model.byte_fallback = reader.number() != 0;
    } else if (reader.field() == 40) {
      declared_unk = static_cast<int32_t>(static_cast<uint32_t>(reader.number()));
    }
  }
  return reader.ok() ? absl::OkStatus() : NotAMessage(file, "trainer_spec");
}

absl::Status ParseNormalizerSpec(absl::string_view file, absl::string_view message,
                                 SentencePieceModel& model) {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 2 && reader.type() == WireType::kBytes) {
      model.charsmap = std::string(reader.bytes());
      continue;
    }
    if (reader.type() != WireType::kVarint) continue;
    if (reader.field() == 3) model.add_dummy_prefix = reader.number() != 0;
    if (reader.field() == 4) model.remove_extra_whitespaces = reader.number() != 0;
    if (reader.field() == 5 && reader.number() == 0) {
      return FileError(file, "normalizer_spec.escape_whitespaces = false is not supported");
    }
  }
  if (!reader.ok()) return NotAMessage(file, "normalizer_spec");
  absl::Status fine = CheckCharsmap(model.charsmap);
  if (fine.ok()) return fine;
  return FileError(file, absl::StrCat("normalizer_spec.precompiled_charsmap: ", fine.message()));
}

absl::Status CheckPieces(absl::string_view file, SentencePieceModel& model, int64_t declared_unk) {
  if (model.pieces.empty()) return FileError(file, "not a SentencePiece model: it has no pieces");
  absl::flat_hash_map<absl::string_view, size_t> ids;
  ids.reserve(model.pieces.size());
  int64_t unk = -1;
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    const SentencePiece& piece = model.pieces[id];
    const auto [known, inserted] = ids.emplace(piece.text, id);
    if (!inserted) {
      return PieceError(file, id,
                        absl::StrCat("(\"", absl::Utf8SafeCHexEscape(piece.text),
                                     "\") is also piece ", known->second));
    }
    if (piece.type != PieceType::kUnknown) continue;
    if (unk >= 0) {
      return PieceError(file, id, absl::StrCat("is a second unknown piece, after ", unk));
    }
    unk = static_cast<int64_t>(id);
  }
  if (unk < 0) return FileError(file, "there is no unknown piece (type 2)");
  if (declared_unk >= 0 && declared_unk != unk) {
    return FileError(file, absl::StrCat("trainer_spec.unk_id is ", declared_unk,
                                        ", but the unknown piece is ", unk));
  }
  model.unk_id = static_cast<int32_t>(unk);
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckCharsmap(absl::string_view charsmap) {
  if (charsmap.empty()) return absl::OkStatus();
  if (charsmap.size() < 4) return absl::InvalidArgumentError("it is shorter than its header");
  const size_t trie_bytes = Unit(charsmap, 0);
  charsmap.remove_prefix(4);
  if (trie_bytes > charsmap.size() || trie_bytes % 4 != 0 || trie_bytes == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("a trie of ", trie_bytes, " bytes does not fit"));
  }
  const size_t units = trie_bytes / 4;
  const absl::string_view replacements = charsmap.substr(trie_bytes);
  if (!IsUtf8(replacements)) {
    return absl::InvalidArgumentError("the replacements are not UTF-8");
  }
  if (!replacements.empty() && replacements.back() != '\0') {
    return absl::InvalidArgumentError("the last replacement has no end");
  }
  for (size_t index = 0; index < units; ++index) {
    const uint32_t unit = Unit(charsmap, index);
    // A unit is a value (the highest bit is set) or a node, whose children are within 256 places.
    if ((unit >> 31) != 0) {
      const size_t value = unit & 0x7FFFFFFF;
      if (value >= replacements.size() || !IsUtf8CharacterStart(replacements[value])) {
        return absl::InvalidArgumentError(
            absl::StrCat("unit ", index, " of the trie leads to no replacement"));
      }
      continue;
    }
    const size_t offset = static_cast<size_t>(unit >> 10) << ((unit & (1U << 9)) >> 6);
    if (((index ^ offset) | 0xFF) >= units) {
      return absl::InvalidArgumentError(
          absl::StrCat("unit ", index, " of the trie leads out of it"));
    }
    const bool has_value = ((unit >> 8) & 1) != 0;
    if (has_value && (Unit(charsmap, index ^ offset) >> 31) == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("unit ", index, " of the trie leads to no value"));
    }
  }
  return absl::OkStatus();
}

Charsmap SplitCharsmap(absl::string_view charsmap) {
  const size_t units = Unit(charsmap, 0) / 4;
  charsmap.remove_prefix(4);
  Charsmap result;
  for (size_t index = 0; index < units; ++index) result.trie.push_back(Unit(charsmap, index));
  result.replacements = std::string(charsmap.substr(4 * units));
  return result;
}

absl::StatusOr<SentencePieceModel> ParseSentencePieceModel(absl::string_view file,
                                                           absl::string_view bytes) {
  SentencePieceModel model;
  int64_t declared_unk = -1;
  ProtobufReader reader(bytes);
  while (reader.Next()) {
    if (reader.type() != WireType::kBytes) continue;
    if (reader.field() == 1) {
      const size_t id = model.pieces.size();
      if (id == kMaxPieces) return FileError(file, absl::StrCat("over ", kMaxPieces, " pieces"));
      SentencePiece piece;
      ASSAY_RETURN_IF_ERROR(ParsePiece(file, reader.bytes(), id, piece));
      model.pieces.push_back(std::move(piece));
    } else if (reader.field() == 2) {
      ASSAY_RETURN_IF_ERROR(ParseTrainerSpec(file, reader.bytes(), model, declared_unk));
    } else if (reader.field() == 3) {
      ASSAY_RETURN_IF_ERROR(ParseNormalizerSpec(file, reader.bytes(), model));
    }
  }
  if (!reader.ok()) return NotAMessage(file, "the file");
  ASSAY_RETURN_IF_ERROR(CheckPieces(file, model, declared_unk));
  return model;
}

}  // namespace assay
