#include "worker/tokenizer/sentencepiece_tokenizer.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/tokenizer/chatglm_tokens.h"
#include "worker/tokenizer/sentencepiece_merges.h"
#include "worker/tokenizer/sentencepiece_text.h"
#include "worker/tokenizer/token_table.h"
#include "worker/tokenizer/tokenizer_class.h"
#include "worker/tokenizer/tokenizer_json.h"

namespace assay {
namespace {

using Json = nlohmann::json;
using Prefix = SentencePieceText::Prefix;

constexpr int64_t kT5ExtraIds = 100;
constexpr float kNever = -1e4F;  // as a score

class Builder {
 public:
  Builder(absl::string_view file, const SentencePieceModel& model,
          const TokenizerSettings& settings)
      : file_(file),
        model_(model),
        settings_(settings),
        class_(FindTokenizerClass(settings, /*byte_level=*/false)),
        chatglm_6b_(absl::EndsWith(file, kChatGlm6bFile)) {}

  absl::StatusOr<BuiltTokenizer> Build() {
    ASSAY_RETURN_IF_ERROR(AddTokens());
    ASSAY_ASSIGN_OR_RETURN(AddedTokens added,
                           CollectAddedTokens(settings_, class_, OwnAddedTokens(), table_));
    result_.special = added.special;
    parts_.added_tokens = std::move(added.tokens);
    // The slow classes look for added tokens in the text as it is.
    for (AddedTokenWithId& entry : parts_.added_tokens) {
      if (!ConvertedAsT5()) entry.token.normalized = false;
    }
    SetText();
    parts_.model = model_.algorithm == SentencePieceAlgorithm::kBpe ? Bpe() : Unigram();
    ASSAY_RETURN_IF_ERROR(SetPostProcessor());
    result_.json = DumpTokenizer(std::move(parts_));
    return std::move(result_);
  }

 private:
  bool IsT5() const { return class_.kind == TokenizerKind::kT5; }
  // Where T5Converter would lose text, the slow T5Tokenizer is followed.
  bool ConvertedAsT5() const { return IsT5() && !model_.charsmap.empty() && !model_.byte_fallback; }
  bool IsChatGlm2() const { return class_.kind == TokenizerKind::kChatGlm && !chatglm_6b_; }
  int64_t piece_count() const { return static_cast<int64_t>(model_.pieces.size()); }

  absl::Status Error(absl::string_view text) const {
    return absl::InvalidArgumentError(absl::StrCat(file_, ": ", text));
  }
  absl::Status Add(absl::string_view text, int64_t id) {
    const absl::Status added = table_.Add(text, id);
    return added.ok() ? added : Error(added.message());
  }

  absl::Status AddTokens() {
    if (chatglm_6b_) {
      const bool fits = settings_.rows.value_or(0) >= piece_count() + kGlmImageTokens;
      first_piece_ = settings_.image_tokens.value_or(fits ? kGlmImageTokens : 0);
    }
    for (int64_t id = 0; id < piece_count(); ++id) {
      ASSAY_RETURN_IF_ERROR(Add(model_.pieces[id].text, first_piece_ + id));
    }
    if (IsT5()) {
      const int64_t count = settings_.extra_ids.value_or(kT5ExtraIds);
      for (int64_t i = count - 1; i >= 0; --i) {
        ASSAY_RETURN_IF_ERROR(Add(absl::StrCat("<extra_id_", i, ">"), table_.size()));
      }
    }
    if (IsChatGlm2()) {
      absl::flat_hash_set<int32_t> declared;
      for (const auto& [id, token] : settings_.added) declared.insert(id);
      for (const absl::string_view token : kChatGlm2Tokens) {
        if (!declared.contains(table_.size())) result_.silent_ids.push_back(table_.size());
        ASSAY_RETURN_IF_ERROR(Add(token, table_.size()));
      }
    }
    return table_.AddDeclared(settings_);
  }

  // The control pieces, and where words are cut before the model runs the user-defined ones.
  std::vector<AddedToken> OwnAddedTokens() const {
    std::vector<AddedToken> own;
    for (int64_t id = 0; id < piece_count(); ++id) {
      const PieceType type = model_.pieces[id].type;
      const bool special = type == PieceType::kControl || IsGemmaTurn(model_.pieces[id]);
      if (!special && !(ConvertedAsT5() && type == PieceType::kUserDefined)) continue;
      own.push_back(
          {.content = *table_.TextOf(static_cast<int32_t>(first_piece_ + id)), .special = special});
    }
    if (IsT5()) {
      for (int32_t id = 0; id < table_.size(); ++id) {
        const std::string* text = table_.TextOf(id);
        if (id >= piece_count() && text != nullptr && absl::StartsWith(*text, "<extra_id_")) {
          const bool strips = !ConvertedAsT5();
          own.push_back({.content = *text, .lstrip = strips, .rstrip = strips, .special = true});
        }
      }
    }
    return own;
  }

  // GemmaConverter makes these two special by their names.
  bool IsGemmaTurn(const SentencePiece& piece) const {
    return class_.kind == TokenizerKind::kGemma && piece.type == PieceType::kUserDefined &&
           (piece.text == "<start_of_turn>" || piece.text == "<end_of_turn>");
  }

  void SetText() {
    const bool wanted = settings_.add_prefix_space.value_or(true);
    const Prefix scheme = settings_.legacy ? Prefix::kEveryRun : Prefix::kFirstRun;
    if (ConvertedAsT5()) {
      SetT5Text(model_, wanted ? scheme : Prefix::kNone, parts_);
      return;
    }
    SentencePieceText text;
    text.chatglm_6b = chatglm_6b_;
    if (wanted && model_.add_dummy_prefix) text.prefix = scheme;
    std::vector<std::string> whole_words;
    if (model_.algorithm == SentencePieceAlgorithm::kBpe) whole_words = UserDefined();
    SetSentencePieceText(model_, text, whole_words, parts_);
  }

  std::vector<std::string> UserDefined() const {
    std::vector<std::string> result;
    for (const SentencePiece& piece : model_.pieces) {
      if (piece.type == PieceType::kUserDefined) result.push_back(piece.text);
    }
    return result;
  }

  Json Bpe() const {
    Json vocabulary = Json::object();
    for (const auto& [text, id] : table_.ids()) vocabulary[text] = id;
    Json model = BpeModel(std::move(vocabulary));
    model["unk_token"] = model_.pieces[model_.unk_id].text;
    const std::string* unk = table_.TextOf(static_cast<int32_t>(first_piece_) + model_.unk_id);
    if (unk != nullptr) model["unk_token"] = *unk;
    model["fuse_unk"] = true;
    model["byte_fallback"] = true;
    // User-defined pieces reach the model as whole words, which need no merges.
    model["ignore_merges"] = !UserDefined().empty();
    std::vector<ScoredToken> mergeable;
    for (int64_t id = 0; id < piece_count(); ++id) {
      const SentencePiece& piece = model_.pieces[id];
      const bool fixed = piece.type == PieceType::kControl || piece.type == PieceType::kUnknown ||
                         piece.type == PieceType::kByte;
      if (!fixed && table_.Find(piece.text) == first_piece_ + id) {
        mergeable.push_back({piece.text, piece.score});
      }
    }
    Json& merges = model["merges"];
    for (const auto& [left, right] : SentencePieceMerges(mergeable)) {
      merges.push_back({left, right});
    }
    return model;
  }

  Json Unigram() const {
    float best = std::numeric_limits<float>::lowest();
    for (const SentencePiece& piece : model_.pieces) {
      if (piece.type == PieceType::kNormal) best = std::max(best, piece.score);
    }
    Json vocabulary = Json::array();
    for (int32_t id = 0; id < table_.size(); ++id) {
      const std::string* text = table_.TextOf(id);
      const int64_t piece_id = id - first_piece_;
      float score = 0;
      if (piece_id >= 0 && piece_id < piece_count()) {
        const SentencePiece& piece = model_.pieces[piece_id];
        score = piece.score;
        // SentencePiece prefers user-defined pieces to all others in this way.
        if (!ConvertedAsT5() && piece.type == PieceType::kUserDefined) {
          score = static_cast<float>(piece.text.size()) * best - 0.1F;
        }
        // It has byte pieces for what no other has, not for text that spells their names out.
        if (piece.type == PieceType::kByte) score = kNever;
      }
      vocabulary.push_back(
          {text != nullptr ? *text : absl::StrCat("<|no_token_", id, "|>"), score});
    }
    return {{"type", "Unigram"},
            {"unk_id", first_piece_ + model_.unk_id},
            {"vocab", std::move(vocabulary)},
            {"byte_fallback", model_.byte_fallback}};
  }

  absl::StatusOr<TokenWithId> Needed(absl::string_view text, absl::string_view why) const {
    const std::optional<int32_t> id = table_.Find(text);
    if (text.empty() || !id.has_value()) {
      return Error(absl::StrCat("there is no token \"", text, "\", which ", why, " needs"));
    }
    return TokenWithId{std::string(text), *id};
  }

  absl::Status SetPostProcessor() {
    std::vector<TokenWithId> before;
    std::vector<TokenWithId> after;
    if (class_.kind == TokenizerKind::kChatGlm) {
      std::vector<TokenWithId>& around = chatglm_6b_ ? after : before;
      for (const absl::string_view text : {"[gMASK]", chatglm_6b_ ? "<sop>" : "sop"}) {
        ASSAY_ASSIGN_OR_RETURN(TokenWithId token, Needed(text, "ChatGLM"));
        around.push_back(std::move(token));
      }
    } else {
      if (settings_.add_bos.value_or(class_.add_bos) && !IsT5()) {
        ASSAY_ASSIGN_OR_RETURN(TokenWithId bos, Needed(result_.special.bos, "add_bos_token"));
        before.push_back(std::move(bos));
      }
      if (IsT5() || settings_.add_eos.value_or(false)) {
        ASSAY_ASSIGN_OR_RETURN(TokenWithId eos, Needed(result_.special.eos, "add_eos_token"));
        after.push_back(std::move(eos));
      }
    }
    parts_.post_processor = TemplateProcessing(before, after);
    return absl::OkStatus();
  }

  const std::string file_;
  const SentencePieceModel& model_;
  const TokenizerSettings& settings_;
  const TokenizerClass class_;
  const bool chatglm_6b_;
  int64_t first_piece_ = 0;  // the id of the model's first piece
  TokenTable table_;
  TokenizerParts parts_;
  BuiltTokenizer result_;
};

}  // namespace

absl::StatusOr<BuiltTokenizer> BuildSentencePieceTokenizer(absl::string_view file,
                                                           const SentencePieceModel& model,
                                                           const TokenizerSettings& settings) {
  return Builder(file, model, settings).Build();
}

}  // namespace assay
