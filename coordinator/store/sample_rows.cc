#include "coordinator/store/sample_rows.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/item_json.h"

namespace assay {
namespace {

constexpr size_t kShownCharacters = 240;

std::string Shown(absl::string_view text) {
  std::string plain = PlainText(text);
  size_t characters = 0;
  for (size_t i = 0; i < plain.size(); ++i) {
    if ((static_cast<unsigned char>(plain[i]) & 0xC0) == 0x80) continue;
    if (characters++ < kShownCharacters) continue;
    plain.resize(i);
    return absl::StrCat(plain, "…");
  }
  return plain;
}

// What was asked: the field by that name, or the item's first.
const std::string& QuestionOf(const Item& item) {
  for (const char* name : {"question", "input", "prompt", "Prompt"}) {
    if (const auto field = item.fields.find(name); field != item.fields.end()) return field->second;
  }
  static const std::string& kNothing = *new std::string();
  return item.fields.empty() ? kNothing : item.fields.begin()->second;
}

bool IsCut(const SampleSummary& summary) {
  return summary.truncated || summary.over_max_input ||
         summary.finish_reason == FinishReason::kLength ||
         summary.finish_reason == FinishReason::kContext;
}

}  // namespace

absl::StatusOr<SampleRead> ReadSample(const pqxx::row& row, int first) {
  SampleRead read;
  SampleSummary& summary = read.summary;
  summary.position = {row[0].as<int64_t>(), row[1].as<int>()};
  int i = first;
  read.item.id = summary.item_id = row[i++].c_str();
  summary.group = row[i++].c_str();
  const absl::string_view body = row[i++].c_str();
  ASSAY_RETURN_IF_ERROR(DecodeItemBody(body, read.item));
  summary.output = DecodeBytes(row[i++].c_str());
  summary.over_max_input = row[i++].as<bool>();
  summary.truncated = row[i++].as<bool>();
  ASSAY_ASSIGN_OR_RETURN(summary.finish_reason, ParseFinishReason(row[i++].c_str()));
  summary.shots_used = row[i++].as<int>();
  summary.prompt_tokens = row[i++].as<int64_t>();
  summary.generated_tokens = row[i++].as<int64_t>();
  summary.score.grader = row[i++].c_str();
  summary.score.grader_version = row[i++].as<int>();
  ASSAY_ASSIGN_OR_RETURN(summary.score.verdict, ParseVerdict(row[i++].c_str()));
  summary.score.extracted = DecodeBytes(row[i++].c_str());
  if (!row[i].is_null()) summary.score.partial = row[i].as<double>();
  ++i;
  // Of own models the tokens are there to be counted.
  summary.generated_tokens = std::max(summary.generated_tokens, row[i++].as<int64_t>());
  summary.target = read.item.target;
  read.bytes = body.size() + summary.output.size();
  return read;
}

bool Matches(const SampleFilter& filter, const SampleRead& row) {
  if (filter.truncated && !IsCut(row.summary)) return false;
  if (!filter.group.empty() && row.summary.group != filter.group) return false;
  if (filter.matches == nullptr) return true;
  const auto& matches = filter.matches;
  return matches(row.summary.output) || matches(row.summary.score.extracted) ||
         matches(row.summary.target) || matches(row.summary.item_id) ||
         std::any_of(row.item.fields.begin(), row.item.fields.end(),
                     [&](const auto& field) { return matches(field.second); });
}

SampleSummary CutTexts(SampleRead row) {
  SampleSummary& summary = row.summary;
  summary.output = Shown(summary.output);
  summary.score.extracted = Shown(summary.score.extracted);
  summary.target = Shown(summary.target);
  summary.question = Shown(QuestionOf(row.item));
  return std::move(summary);
}

}  // namespace assay
