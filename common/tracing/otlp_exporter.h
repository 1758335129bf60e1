// Sends spans to an OpenTelemetry collector: OTLP over HTTP, as JSON.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp
#ifndef ASSAY_COMMON_TRACING_OTLP_EXPORTER_H_
#define ASSAY_COMMON_TRACING_OTLP_EXPORTER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/tracing/span.h"

namespace assay {

// An ExportTraceServiceRequest (opentelemetry/proto/collector/trace/v1) in OTLP's JSON.
// `resource`: attributes of the process, "service.name" among them.
std::string OtlpJson(absl::Span<const TraceSpan> spans,
                     const std::map<std::string, std::string>& resource);

// Posts JSON to an address; the error says why it was not taken.
using PostJson = std::function<absl::Status(const std::string& url, const std::string& body)>;
// By libcurl, within `timeout`. One thread at a time.
PostJson PostByCurl(absl::Duration timeout);

struct OtlpOptions {
  std::string endpoint;  // the collector's, "http://HOST:4318"; /v1/traces is appended
  std::map<std::string, std::string> resource = {};
  size_t most_waiting = 4096;  // spans; more are dropped
  size_t most_in_request = 512;
  absl::Duration period = absl::Seconds(1);  // from one request to the next
};

// A thread of its own sends. What the collector does not take is dropped, and counted.
class OtlpExporter : public SpanExporter {
 public:
  explicit OtlpExporter(OtlpOptions options, PostJson post = PostByCurl(absl::Seconds(5)));
  // Stops, and takes itself out of SetSpanExporter.
  ~OtlpExporter() override;

  void Add(TraceSpan span) override;
  // Sends what waits, once, and ends the thread. Safe twice.
  void Stop();
  int64_t sent() const;
  int64_t dropped() const;

 private:
  void Run();
  void Send(absl::Span<const TraceSpan> spans);

  const OtlpOptions options_;
  const PostJson post_;
  mutable absl::Mutex mutex_;
  std::vector<TraceSpan> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t sent_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  bool failing_ = false;  // of the thread
  std::thread thread_;
};

}  // namespace assay

#endif  // ASSAY_COMMON_TRACING_OTLP_EXPORTER_H_
