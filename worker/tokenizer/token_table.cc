#include "worker/tokenizer/token_table.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(text), "\"");
}

absl::string_view ClassToken(const TokenizerClass& tokenizer_class, absl::string_view role) {
  if (role == "bos_token") return tokenizer_class.bos;
  if (role == "eos_token") return tokenizer_class.eos;
  if (role == "unk_token") return tokenizer_class.unk;
  if (role == "pad_token") return tokenizer_class.pad;
  return {};
}

std::string* SpecialText(SpecialTokens& special, absl::string_view role) {
  if (role == "bos_token") return &special.bos;
  if (role == "eos_token") return &special.eos;
  if (role == "unk_token") return &special.unk;
  if (role == "pad_token") return &special.pad;
  return nullptr;
}

// Nullopt: the role has no token.
std::optional<AddedToken> TokenOfRole(const TokenizerSettings& settings,
                                      const TokenizerClass& tokenizer_class,
                                      const std::string& role) {
  const auto given = settings.roles.find(role);
  AddedToken token;
  if (given != settings.roles.end()) {
    if (!given->second.has_value()) return std::nullopt;
    token = given->second->token;
  } else {
    token.content = std::string(ClassToken(tokenizer_class, role));
  }
  if (token.content.empty()) return std::nullopt;
  token.special = true;
  return token;
}

class Collector {
 public:
  Collector(TokenTable& table, int64_t rows) : table_(table), rows_(rows) {}

  // False: it is left out, for want of a row.
  absl::StatusOr<bool> Add(AddedToken token) {
    std::optional<int32_t> id = table_.Find(token.content);
    if (!id.has_value()) {
      if (table_.size() >= rows_) return false;
      id = table_.size();
      ASSAY_RETURN_IF_ERROR(table_.Add(token.content, *id));
    }
    const auto [known, inserted] = places_.emplace(*id, tokens_.size());
    if (inserted) {
      tokens_.push_back({*id, std::move(token)});
    } else {
      tokens_[known->second].token = std::move(token);
    }
    return true;
  }

  std::vector<AddedTokenWithId> Take() {
    std::sort(tokens_.begin(), tokens_.end(),
              [](const AddedTokenWithId& a, const AddedTokenWithId& b) { return a.id < b.id; });
    return std::move(tokens_);
  }

 private:
  TokenTable& table_;
  const int64_t rows_;
  std::vector<AddedTokenWithId> tokens_;
  absl::flat_hash_map<int32_t, size_t> places_;
};

}  // namespace

absl::Status TokenTable::Add(absl::string_view text, int64_t id) {
  if (text.empty()) return absl::InvalidArgumentError(absl::StrCat("the token ", id, " is empty"));
  if (id < 0 || id > kMaxId) {
    return absl::InvalidArgumentError(
        absl::StrCat("the token ", Quoted(text), " has the id ", id, ", not one up to ", kMaxId));
  }
  const auto number = static_cast<int32_t>(id);
  const auto [by_id, new_id] = texts_.emplace(number, text);
  if (!new_id) {
    return absl::InvalidArgumentError(absl::StrCat("the tokens ", Quoted(by_id->second), " and ",
                                                   Quoted(text), " both have the id ", id));
  }
  const auto [by_text, new_text] = ids_.emplace(text, number);
  if (!new_text) {
    return absl::InvalidArgumentError(absl::StrCat("the token ", Quoted(text),
                                                   " is there twice, with the ids ",
                                                   by_text->second, " and ", id));
  }
  size_ = std::max(size_, number + 1);
  return absl::OkStatus();
}

absl::Status TokenTable::AddDeclared(const TokenizerSettings& settings) {
  // Names may be swapped: all are taken away before the first gets its new one.
  for (const auto& [id, token] : settings.added) {
    const auto found = texts_.find(id);
    if (found == texts_.end()) continue;
    ids_.erase(found->second);
    texts_.erase(found);
  }
  for (const auto& [id, token] : settings.added) {
    const absl::Status added = Add(token.content, id);
    if (added.ok()) continue;
    return absl::InvalidArgumentError(absl::StrCat(settings.added_file, ": ", added.message()));
  }
  return absl::OkStatus();
}

std::optional<int32_t> TokenTable::Find(absl::string_view text) const {
  const auto found = ids_.find(text);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

const std::string* TokenTable::TextOf(int32_t id) const {
  const auto found = texts_.find(id);
  return found == texts_.end() ? nullptr : &found->second;
}

absl::StatusOr<AddedTokens> CollectAddedTokens(const TokenizerSettings& settings,
                                               const TokenizerClass& tokenizer_class,
                                               absl::Span<const AddedToken> own,
                                               TokenTable& table) {
  AddedTokens result;
  Collector collector(table, settings.rows.value_or(std::numeric_limits<int64_t>::max()));
  for (const AddedToken& token : own) {
    ASSAY_RETURN_IF_ERROR(collector.Add(token).status());
  }
  for (const auto& [id, token] : settings.added) {
    ASSAY_RETURN_IF_ERROR(collector.Add(token).status());
  }
  for (const char* role : kTokenRoles) {
    const std::optional<AddedToken> token = TokenOfRole(settings, tokenizer_class, role);
    if (!token.has_value()) continue;
    ASSAY_ASSIGN_OR_RETURN(const bool there, collector.Add(*token));
    std::string* text = SpecialText(result.special, role);
    if (there && text != nullptr) *text = token->content;
  }
  absl::flat_hash_map<absl::string_view, const AddedToken*> declared;
  for (const auto& [id, token] : settings.added) declared[token.content] = &token;
  for (const NamedToken& named : settings.additional) {
    AddedToken token = named.token;
    if (token.content.empty()) continue;
    // A declared token keeps its flags where only its text is named again.
    const auto known = declared.find(token.content);
    if (named.text_only && known != declared.end()) token = *known->second;
    token.special = true;
    ASSAY_RETURN_IF_ERROR(collector.Add(std::move(token)).status());
  }
  result.tokens = collector.Take();
  return result;
}

}  // namespace assay
