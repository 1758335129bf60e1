// Spans: what took how long, and what it was a part of.
#ifndef ASSAY_COMMON_TRACING_SPAN_H_
#define ASSAY_COMMON_TRACING_SPAN_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "common/tracing/trace_context.h"

namespace assay {

enum class SpanKind { kInternal = 1, kServer = 2, kClient = 3 };  // as OTLP numbers them

struct TraceSpan {
  std::string name;
  TraceContext context;             // its own
  std::string parent_span_id = {};  // empty: it is the first of its trace
  SpanKind kind = SpanKind::kInternal;
  absl::Time begin = {};
  absl::Time end = {};
  std::vector<std::pair<std::string, std::variant<int64_t, std::string>>> attributes = {};
  std::string error = {};  // empty: it went well
};

// Takes spans that have ended.
class SpanExporter {
 public:
  virtual ~SpanExporter() = default;
  // Thread-safe, and never waits: what is too much is dropped.
  virtual void Add(TraceSpan span) = 0;
};

// Where RecordSpan sends spans; null, as at the start: nowhere. The exporter must stay until
// another one, or null, was set and what was under way has ended. Thread-safe.
void SetSpanExporter(SpanExporter* exporter);
// Whether it is worth it to make spans.
bool SpansAreWanted();
void RecordSpan(TraceSpan span);

}  // namespace assay

#endif  // ASSAY_COMMON_TRACING_SPAN_H_
