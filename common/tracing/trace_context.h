// Where in a trace something happens, as W3C's Trace Context (level 1) writes it down.
#ifndef ASSAY_COMMON_TRACING_TRACE_CONTEXT_H_
#define ASSAY_COMMON_TRACING_TRACE_CONTEXT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace assay {

// The name of the header, and of the metadata of calls, that carry it.
inline constexpr char kTraceparent[] = "traceparent";

// Hexadecimal digits in lower case, never all zeros; both empty: none.
struct TraceContext {
  std::string trace_id = {};  // 32 digits
  std::string span_id = {};   // 16 digits
  bool known() const { return !trace_id.empty(); }
  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

// Nothing for what is no valid traceparent; versions from ff up are none, and of those after 00 the
// known fields are read.
std::optional<TraceContext> ParseTraceparent(absl::string_view text);
// "00-TRACE-SPAN-01"; empty for no context.
std::string FormatTraceparent(const TraceContext& context);

// Of random ids. Thread-safe.
TraceContext NewTrace();
// Another span of the same trace; of a new one where `parent` is none.
TraceContext NewSpan(const TraceContext& parent);

}  // namespace assay

#endif  // ASSAY_COMMON_TRACING_TRACE_CONTEXT_H_
