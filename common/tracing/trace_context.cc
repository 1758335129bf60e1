#include "common/tracing/trace_context.h"

#include <cstddef>
#include <cstdint>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"

namespace assay {
namespace {

constexpr size_t kTraceDigits = 32;
constexpr size_t kSpanDigits = 16;
constexpr size_t kBytes = 2 + 1 + kTraceDigits + 1 + kSpanDigits + 1 + 2;

bool IsHex(absl::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

bool IsId(absl::string_view text) {
  return IsHex(text) && text.find_first_not_of('0') != absl::string_view::npos;
}

std::string NewDigits() {
  thread_local absl::BitGen random;
  return absl::StrCat(absl::Hex(
      absl::Uniform<uint64_t>(absl::IntervalClosed, random, 1, ~uint64_t{0}), absl::kZeroPad16));
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(absl::string_view text) {
  if (text.size() < kBytes) return std::nullopt;
  const absl::string_view version = text.substr(0, 2);
  if (!IsHex(version) || version == "ff") return std::nullopt;
  // What later versions append follows a dash.
  if (text.size() > kBytes && (version == "00" || text[kBytes] != '-')) return std::nullopt;
  const absl::string_view trace = text.substr(3, kTraceDigits);
  const absl::string_view span = text.substr(3 + kTraceDigits + 1, kSpanDigits);
  const absl::string_view flags = text.substr(kBytes - 2, 2);
  if (text[2] != '-' || text[3 + kTraceDigits] != '-' || text[kBytes - 3] != '-') {
    return std::nullopt;
  }
  if (!IsId(trace) || !IsId(span) || !IsHex(flags)) return std::nullopt;
  return TraceContext{std::string(trace), std::string(span)};
}

std::string FormatTraceparent(const TraceContext& context) {
  if (!context.known()) return "";
  return absl::StrCat("00-", context.trace_id, "-", context.span_id, "-01");
}

TraceContext NewTrace() { return {absl::StrCat(NewDigits(), NewDigits()), NewDigits()}; }

TraceContext NewSpan(const TraceContext& parent) {
  if (!parent.known()) return NewTrace();
  return {parent.trace_id, NewDigits()};
}

}  // namespace assay
