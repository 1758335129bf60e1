#include "coordinator/service/sample_messages.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/benchmark/python_text.h"
#include "common/benchmark/utf8.h"
#include "common/rpc/field_check.h"

namespace assay {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kMostRows = 1000;
constexpr size_t kMostText = 1000;

std::string Encode(const std::optional<SamplePosition>& position) {
  if (!position.has_value()) return "";
  return absl::WebSafeBase64Escape(
      absl::StrCat("s:", position->ordinal, ":", position->sample_index));
}

absl::StatusOr<SamplePosition> Decode(absl::string_view token) {
  SamplePosition position;
  std::string text;
  std::vector<absl::string_view> parts;
  if (absl::WebSafeBase64Unescape(token, &text)) parts = absl::StrSplit(text, ':');
  if (parts.size() != 3 || parts[0] != "s" || !absl::SimpleAtoi(parts[1], &position.ordinal) ||
      !absl::SimpleAtoi(parts[2], &position.sample_index) || position.ordinal < -1 ||
      position.ordinal > std::numeric_limits<int32_t>::max()) {
    return FieldError("page_token", "not a token that a page came with");
  }
  return position;
}

template <typename Request>
absl::StatusOr<SamplePage> ReadPage(const Request& request) {
  SamplePage page;
  if (request.page_size() < 0 || request.page_size() > kMostRows) {
    return FieldError("page_size", absl::StrCat("must be between 0 and ", kMostRows));
  }
  page.limit = request.page_size() == 0 ? kDefaultPage : request.page_size();
  page.backwards = request.backwards();
  if (!request.page_token().empty()) {
    if (request.has_from_ordinal()) return FieldError("from_ordinal", "goes without a page_token");
    ASSAY_ASSIGN_OR_RETURN(page.from, Decode(request.page_token()));
  } else if (request.has_from_ordinal()) {
    if (request.from_ordinal() < 0 ||
        request.from_ordinal() > std::numeric_limits<int32_t>::max()) {
      return FieldError("from_ordinal", "is no place in a data set");
    }
    page.from = SamplePosition{request.from_ordinal(), -1};
  }
  return page;
}

absl::Status CheckAskedText(absl::string_view field, absl::string_view text) {
  if (text.size() > kMostText) {
    return FieldError(field, absl::StrCat("must have at most ", kMostText, " bytes"));
  }
  if (text.find('\0') != absl::string_view::npos) return FieldError(field, "holds a NUL character");
  return absl::OkStatus();
}

// The longest part of the lowered text that any text that holds it, in any case, has as ASCII, and
// that is written as it is in JSON. "k" and "i" may come of other letters: U+212A and U+0130.
std::string PlainPart(absl::string_view lowered) {
  absl::string_view longest;
  size_t begin = 0;
  for (size_t i = 0; i <= lowered.size(); ++i) {
    const bool is_plain = i < lowered.size() && absl::ascii_isprint(lowered[i]) &&
                          !absl::StrContains("\"\\ki", lowered[i]);
    if (is_plain) continue;
    if (i - begin > longest.size()) longest = lowered.substr(begin, i - begin);
    begin = i + 1;
  }
  return std::string(longest);
}

v1::DifferenceSide MakeSide(const SampleSummary& row) {
  v1::DifferenceSide side;
  side.set_verdict(EnumToProto<v1::Verdict>(row.score.verdict));
  side.set_extracted(row.score.extracted);
  side.set_output(row.output);
  side.set_value(row.score.value());
  return side;
}

}  // namespace

absl::StatusOr<SampleFilter> ReadSampleFilter(const v1::ListSamplesRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckAskedText("text", request.text()));
  ASSAY_RETURN_IF_ERROR(CheckAskedText("group", request.group()));
  SampleFilter filter;
  filter.run_id = request.run_id();
  std::set<Verdict> verdicts;
  for (int i = 0; i < request.verdicts_size(); ++i) {
    ASSAY_ASSIGN_OR_RETURN(
        const Verdict verdict,
        EnumFromProto<Verdict>("verdicts", request.verdicts(i), v1::Verdict_IsValid));
    verdicts.insert(verdict);
  }
  filter.verdicts.assign(verdicts.begin(), verdicts.end());
  filter.truncated = request.truncated();
  filter.group = request.group();
  if (!request.text().empty()) {
    const std::string lowered = PythonLower(request.text());
    filter.contains = PlainPart(lowered);
    filter.matches = [wanted = lowered](absl::string_view text) {
      return absl::StrContains(PythonLower(text), wanted);
    };
  }
  return filter;
}

absl::StatusOr<DifferenceFilter> ReadDifferenceFilter(const v1::ListDifferencesRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckAskedText("group", request.group()));
  DifferenceFilter filter;
  filter.first_run = request.first_run();
  filter.second_run = request.second_run();
  filter.group = request.group();
  if (request.kind() != v1::DIFFERENCE_KIND_UNSPECIFIED) {
    ASSAY_ASSIGN_OR_RETURN(filter.kind, EnumFromProto<DifferenceKind>("kind", request.kind(),
                                                                      v1::DifferenceKind_IsValid));
  }
  return filter;
}

absl::StatusOr<SamplePage> ReadSamplePage(const v1::ListSamplesRequest& request) {
  return ReadPage(request);
}

absl::StatusOr<SamplePage> ReadSamplePage(const v1::ListDifferencesRequest& request) {
  return ReadPage(request);
}

v1::ListSamplesResponse MakeSamples(const SampleRows& rows) {
  v1::ListSamplesResponse response;
  for (const SampleSummary& row : rows.rows) {
    v1::SampleRow* sample = response.add_samples();
    sample->set_item_ordinal(row.position.ordinal);
    sample->set_sample_index(row.position.sample_index);
    sample->set_item_id(row.item_id);
    sample->set_group(row.group);
    sample->set_verdict(EnumToProto<v1::Verdict>(row.score.verdict));
    sample->set_extracted(row.score.extracted);
    sample->set_target(row.target);
    sample->set_value(row.score.value());
    sample->set_output(row.output);
    sample->set_question(row.question);
    sample->set_over_max_input(row.over_max_input);
    sample->set_truncated(row.truncated);
    sample->set_finish_reason(EnumToProto<v1::FinishReason>(row.finish_reason));
    sample->set_shots_used(row.shots_used);
    sample->set_prompt_tokens(row.prompt_tokens);
    sample->set_generated_tokens(row.generated_tokens);
  }
  response.set_previous_page_token(Encode(rows.previous));
  response.set_next_page_token(Encode(rows.next));
  response.set_first_ordinal(rows.first_ordinal);
  response.set_last_ordinal(rows.last_ordinal);
  response.set_searched(rows.searched);
  return response;
}

v1::ListDifferencesResponse MakeDifferences(const DifferenceRows& rows) {
  v1::ListDifferencesResponse response;
  for (const DifferenceRow& row : rows.rows) {
    v1::Difference* difference = response.add_differences();
    difference->set_item_ordinal(row.first.position.ordinal);
    difference->set_sample_index(row.first.position.sample_index);
    difference->set_item_id(row.first.item_id);
    difference->set_group(row.first.group);
    difference->set_target(row.first.target);
    difference->set_question(row.first.question);
    *difference->mutable_first() = MakeSide(row.first);
    *difference->mutable_second() = MakeSide(row.second);
  }
  response.set_previous_page_token(Encode(rows.previous));
  response.set_next_page_token(Encode(rows.next));
  response.set_searched(rows.searched);
  return response;
}

std::string PlainUtf8(absl::string_view text) {
  std::string plain;
  while (!text.empty()) AppendUtf8Character(TakeUtf8Character(&text), &plain);
  return plain;
}

}  // namespace assay
