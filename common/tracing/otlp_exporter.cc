#include "common/tracing/otlp_exporter.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/version.h"

namespace assay {
namespace {

using Json = nlohmann::json;

constexpr int kStatusError = 2;  // Status.StatusCode
constexpr int kSampled = 1;

// 64-bit numbers are strings in protobuf's JSON.
Json Value(const std::string& text) { return {{"stringValue", text}}; }
Json Value(int64_t number) { return {{"intValue", absl::StrCat(number)}}; }

Json Nanoseconds(absl::Time time) { return absl::StrCat(absl::ToUnixNanos(time)); }

Json SpanJson(const TraceSpan& span) {
  Json json = {{"traceId", span.context.trace_id},
               {"spanId", span.context.span_id},
               {"flags", kSampled},
               {"name", span.name},
               {"kind", static_cast<int>(span.kind)},
               {"startTimeUnixNano", Nanoseconds(span.begin)},
               {"endTimeUnixNano", Nanoseconds(std::max(span.begin, span.end))}};
  if (!span.parent_span_id.empty()) json["parentSpanId"] = span.parent_span_id;
  for (const auto& [key, value] : span.attributes) {
    json["attributes"].push_back(
        {{"key", key}, {"value", std::visit([](const auto& v) { return Value(v); }, value)}});
  }
  if (!span.error.empty()) json["status"] = {{"code", kStatusError}, {"message", span.error}};
  return json;
}

}  // namespace

std::string OtlpJson(absl::Span<const TraceSpan> spans,
                     const std::map<std::string, std::string>& resource) {
  Json scope = {{"scope", {{"name", "assay"}, {"version", kVersion}}}, {"spans", Json::array()}};
  for (const TraceSpan& span : spans) scope["spans"].push_back(SpanJson(span));
  Json attributes = Json::array();
  for (const auto& [key, value] : resource) {
    attributes.push_back({{"key", key}, {"value", Value(value)}});
  }
  const Json request = {
      {"resourceSpans", Json::array({{{"resource", {{"attributes", std::move(attributes)}}},
                                      {"scopeSpans", Json::array({std::move(scope)})}}})}};
  return request.dump(-1, ' ', false, Json::error_handler_t::replace);
}

OtlpExporter::OtlpExporter(OtlpOptions options, PostJson post)
    : options_(std::move(options)), post_(std::move(post)), thread_([this] { Run(); }) {}

OtlpExporter::~OtlpExporter() {
  SetSpanExporter(nullptr);
  Stop();
}

void OtlpExporter::Add(TraceSpan span) {
  absl::MutexLock lock(&mutex_);
  if (stopping_ || waiting_.size() >= options_.most_waiting) {
    ++dropped_;
  } else {
    waiting_.push_back(std::move(span));
  }
}

void OtlpExporter::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

int64_t OtlpExporter::sent() const {
  absl::MutexLock lock(&mutex_);
  return sent_;
}

int64_t OtlpExporter::dropped() const {
  absl::MutexLock lock(&mutex_);
  return dropped_;
}

void OtlpExporter::Run() {
  for (bool last = false; !last;) {
    std::vector<TraceSpan> spans;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(&stopping_), options_.period);
      last = stopping_;
      spans.swap(waiting_);
    }
    for (absl::Span<const TraceSpan> rest = spans; !rest.empty();) {
      const size_t count = std::min(rest.size(), options_.most_in_request);
      Send(rest.subspan(0, count));
      rest.remove_prefix(count);
    }
  }
}

void OtlpExporter::Send(absl::Span<const TraceSpan> spans) {
  const std::string url = absl::StrCat(absl::StripSuffix(options_.endpoint, "/"), "/v1/traces");
  const absl::Status status = post_(url, OtlpJson(spans, options_.resource));
  // Of an outage, its begin and its end are told.
  if (!status.ok() && !failing_) {
    SPDLOG_WARN("spans are lost, since {} does not take them: {}", url, status.ToString());
  }
  if (status.ok() && failing_) SPDLOG_INFO("{} takes spans again", url);
  failing_ = !status.ok();
  absl::MutexLock lock(&mutex_);
  (status.ok() ? sent_ : dropped_) += static_cast<int64_t>(spans.size());
}

}  // namespace assay
