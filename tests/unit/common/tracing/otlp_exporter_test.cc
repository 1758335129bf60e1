#include "common/tracing/otlp_exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace assay {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::SizeIs;

TraceSpan Sample(const std::string& name) {
  TraceSpan span;
  span.name = name;
  span.context = {"4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"};
  span.parent_span_id = "00f067aa0ba902b8";
  span.kind = SpanKind::kServer;
  span.begin = absl::FromUnixNanos(1'700'000'000'000'000'001);
  span.end = absl::FromUnixNanos(1'700'000'000'000'000'501);
  span.attributes = {{"assay.shard_id", int64_t{1} << 60}, {"assay.model", std::string("m\xff")}};
  span.error = "it failed";
  return span;
}

TEST(OtlpJsonTest, IsTheMappingOfTheProtocolsMessages) {
  const json request = json::parse(OtlpJson({Sample("lease")}, {{"service.name", "assay-worker"}}));
  const json& resource = request["resourceSpans"][0];
  EXPECT_EQ(resource["resource"]["attributes"],
            json::parse(R"([{"key": "service.name", "value": {"stringValue": "assay-worker"}}])"));
  const json& span = resource["scopeSpans"][0]["spans"][0];
  // Ids in hexadecimal digits and 64-bit numbers as strings, as OTLP's JSON asks for.
  EXPECT_EQ(span["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(span["spanId"], "00f067aa0ba902b7");
  EXPECT_EQ(span["parentSpanId"], "00f067aa0ba902b8");
  EXPECT_EQ(span["startTimeUnixNano"], "1700000000000000001");
  EXPECT_EQ(span["endTimeUnixNano"], "1700000000000000501");
  EXPECT_EQ(span["kind"], 2);
  EXPECT_EQ(span["attributes"][0]["value"]["intValue"], "1152921504606846976");
  EXPECT_EQ(span["attributes"][1]["value"]["stringValue"], "m\xef\xbf\xbd");
  EXPECT_EQ(span["status"]["code"], 2);
  EXPECT_EQ(span["status"]["message"], "it failed");
}

class Collector {
 public:
  PostJson Post() {
    return [this](const std::string& url, const std::string& body) {
      absl::MutexLock lock(&mutex_);
      urls.push_back(url);
      const json request = json::parse(body);
      for (const json& span : request["resourceSpans"][0]["scopeSpans"][0]["spans"]) {
        names.push_back(span["name"]);
      }
      return status;
    };
  }
  absl::Mutex mutex_;
  std::vector<std::string> urls;
  std::vector<std::string> names;
  absl::Status status;
};

OtlpOptions Options() {
  OtlpOptions options;
  options.endpoint = "http://collector:4318/";
  options.period = absl::Hours(1);  // only Stop sends
  return options;
}

TEST(OtlpExporterTest, SendsWhatWaitsInParts) {
  Collector collector;
  OtlpOptions options = Options();
  options.most_in_request = 2;
  OtlpExporter exporter(options, collector.Post());
  for (const char* name : {"a", "b", "c"}) exporter.Add(Sample(name));
  exporter.Stop();
  exporter.Stop();
  EXPECT_THAT(collector.names, ElementsAre("a", "b", "c"));
  EXPECT_THAT(collector.urls, SizeIs(2));
  EXPECT_EQ(collector.urls[0], "http://collector:4318/v1/traces");
  EXPECT_EQ(exporter.sent(), 3);
  EXPECT_EQ(exporter.dropped(), 0);
  exporter.Add(Sample("late"));
  EXPECT_EQ(exporter.dropped(), 1);
}

TEST(OtlpExporterTest, NeverWaitsForTheCollector) {
  absl::Notification asked, answer;
  OtlpOptions options = Options();
  options.most_waiting = 10;
  options.period = absl::Milliseconds(1);
  OtlpExporter exporter(options, [&](const std::string&, const std::string&) {
    if (!asked.HasBeenNotified()) asked.Notify();
    answer.WaitForNotification();
    return absl::OkStatus();
  });
  exporter.Add(Sample("first"));
  asked.WaitForNotification();
  const absl::Time begin = absl::Now();
  for (int i = 0; i < 10'000; ++i) exporter.Add(Sample("more"));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  EXPECT_EQ(exporter.dropped(), 10'000 - 10);
  answer.Notify();
  exporter.Stop();
  EXPECT_EQ(exporter.sent(), 11);
}

TEST(OtlpExporterTest, WhatIsNotTakenIsDropped) {
  Collector collector;
  collector.status = absl::UnavailableError("HTTP 503");
  OtlpExporter exporter(Options(), collector.Post());
  exporter.Add(Sample("a"));
  exporter.Stop();
  EXPECT_EQ(exporter.dropped(), 1);
  EXPECT_EQ(exporter.sent(), 0);
}

TEST(OtlpExporterTest, TheProcessRecordsIntoItUntilItIsGone) {
  Collector collector;
  EXPECT_FALSE(SpansAreWanted());
  {
    OtlpExporter exporter(Options(), collector.Post());
    SetSpanExporter(&exporter);
    EXPECT_TRUE(SpansAreWanted());
    RecordSpan(Sample("a"));
    TraceSpan nowhere = Sample("b");
    nowhere.context = {};
    RecordSpan(nowhere);
  }
  EXPECT_THAT(collector.names, ElementsAre("a"));
  EXPECT_FALSE(SpansAreWanted());
  RecordSpan(Sample("c"));
}

TEST(PostByCurlTest, SaysWhyNothingIsTaken) {
  // A port that nothing listens at.
  const absl::Status status = PostByCurl(absl::Seconds(1))("http://127.0.0.1:1/v1/traces", "{}");
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

}  // namespace
}  // namespace assay
