#include "worker/session/shard_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/tracing/span.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kLease[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class Spans : public SpanExporter {
 public:
  void Add(TraceSpan span) override { all.push_back(std::move(span)); }
  std::vector<TraceSpan> all;
};

class Observer : public WorkObserver {
 public:
  void Prepared(absl::Duration) override {}
  void Reported(const ShardReport& report, absl::Duration) override {
    reported.push_back(report.lease.lease_id);
  }
  std::vector<int64_t> reported;
};

class ShardTrackerTest : public testing::Test {
 protected:
  ShardTrackerTest() { SetSpanExporter(&spans_); }
  ~ShardTrackerTest() override { SetSpanExporter(nullptr); }

  Lease Accept(int64_t lease_id, const std::string& traceparent) {
    Lease lease;
    lease.key = {7, 1, lease_id};
    lease.run.job_id = 3;
    lease.traceparent = traceparent;
    tracker_.Accepted(&lease);
    return lease;
  }

  Spans spans_;
  Observer observer_;
  ShardTracker tracker_{Clock::Real(), &observer_};
};

TEST_F(ShardTrackerTest, AShardIsASpanOfTheLeasesTrace) {
  const Lease lease = Accept(1, kLease);
  const auto own = ParseTraceparent(lease.traceparent);
  ASSERT_TRUE(own.has_value());
  EXPECT_EQ(own->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_NE(own->span_id, "00f067aa0ba902b7");
  RecordWorkSpan(lease, "forward", absl::UnixEpoch(), absl::UnixEpoch() + absl::Seconds(1));
  ShardReport report = {lease.key, ShardFailure{"it failed", false, false}};
  tracker_.Reported(&report);
  EXPECT_EQ(report.traceparent, lease.traceparent);
  ASSERT_THAT(spans_.all, SizeIs(2));
  EXPECT_EQ(spans_.all[0].parent_span_id, own->span_id);
  EXPECT_EQ(spans_.all[1].name, "shard");
  EXPECT_EQ(spans_.all[1].context, *own);
  EXPECT_EQ(spans_.all[1].parent_span_id, "00f067aa0ba902b7");
  EXPECT_EQ(spans_.all[1].error, "it failed");
  // Once.
  tracker_.Reported(&report);
  EXPECT_THAT(observer_.reported, ElementsAre(1));
  EXPECT_THAT(spans_.all, SizeIs(2));
}

TEST_F(ShardTrackerTest, WithoutATraceThereAreNoSpans) {
  for (const char* traceparent : {"", "nonsense"}) {
    const Lease lease = Accept(2, traceparent);
    EXPECT_EQ(lease.traceparent, "");
    EXPECT_EQ(LogFieldsOf(lease).trace_id, "");
    RecordWorkSpan(lease, "forward", absl::UnixEpoch(), absl::UnixEpoch());
    ShardReport report = {lease.key, std::vector<Prediction>()};
    tracker_.Reported(&report);
    EXPECT_EQ(report.traceparent, "");
  }
  EXPECT_THAT(spans_.all, IsEmpty());
  EXPECT_THAT(observer_.reported, ElementsAre(2, 2));
}

TEST_F(ShardTrackerTest, WhatIsCancelledIsForgotten) {
  const Lease lease = Accept(4, kLease);
  tracker_.Cancelled(lease.key);
  ShardReport report = {lease.key, std::vector<Prediction>()};
  tracker_.Reported(&report);
  EXPECT_THAT(observer_.reported, IsEmpty());
  EXPECT_THAT(spans_.all, IsEmpty());
}

}  // namespace
}  // namespace assay
