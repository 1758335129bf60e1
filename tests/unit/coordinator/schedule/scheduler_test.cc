#include "coordinator/schedule/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/domain/worker_kind.h"

namespace assay {
namespace {

using testing::IsEmpty;

const SpeedOf kAsExpected = [](const std::string&) { return WorkerSpeed{.measured = true}; };

WorkerInfo Worker(const std::string& id, int64_t memory_bytes = 0) {
  WorkerInfo worker;
  worker.worker_id = id;
  worker.engine_version = "1/test";
  worker.device = "cpu";
  worker.threads = 1;
  worker.gflops["bfloat16"] = 4000;  // 1000 tokens a second of a billion parameters
  worker.memory_bytes = memory_bytes;
  return worker;
}

// Two models of a billion parameters, "a" and "b", with 100 items of 1000 tokens each.
class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() {
    for (const char* name : {"a", "b"}) {
      state_.models.push_back({name, Precision::kBFloat16, 1'000'000'000, 2'000'000'000});
      QueuedRun run;
      run.run_id = static_cast<int64_t>(state_.models.size());
      run.job_id = run.run_id;
      run.model = static_cast<int>(state_.models.size()) - 1;
      run.may_cut = true;
      run.pending_items = 100;
      run.tokens_per_item = 1000;
      state_.runs.push_back(run);
    }
    state_.workers = {Worker("one"), Worker("two")};
  }
  void Update() { scheduler_.Update(state_, kAsExpected, now_); }
  Decision Decide(const WorkerInfo& worker, const std::string& loaded = "") {
    return scheduler_.Decide({worker, 4, loaded}, kAsExpected, now_);
  }
  // Of the first choice; 0: there is none.
  int64_t First(const WorkerInfo& worker, const std::string& loaded = "") {
    const Decision decision = Decide(worker, loaded);
    return decision.choices.empty() ? 0 : decision.choices[0].run_id;
  }
  void Grant(const WorkerInfo& worker, int64_t run, int64_t items) {
    scheduler_.Granted({worker, 4}, run, items, kAsExpected, now_);
  }

  absl::Time now_ = absl::UnixEpoch();
  ClusterState state_;
  Scheduler scheduler_;
};

TEST_F(SchedulerTest, WorkersStayWithWhatTheyHaveLoaded) {
  Update();
  EXPECT_EQ(First(Worker("one"), "b"), 2);
  EXPECT_EQ(First(Worker("two"), "a"), 1);
}

TEST_F(SchedulerTest, AWorkerLeavesWhatOthersDoAtALowerPrice) {
  // "b" fits the large workers alone, whose time is therefore dear; the small ones wait for "a".
  state_.models[1].memory_bytes = 50'000'000'000;
  state_.runs[0].pending_items = 100'000;
  state_.runs[1].pending_items = 300'000;
  state_.workers = {Worker("one", 10'000'000'000), Worker("two", 80'000'000'000)};
  state_.leases.push_back({1, 1, 1, 1, 0, 10, "two"});
  Update();
  EXPECT_EQ(First(Worker("two", 80'000'000'000), "a"), 2);
  // Not for the little that is left.
  state_.runs[0].pending_items = 50;
  now_ += absl::Minutes(1);
  Update();
  EXPECT_EQ(First(Worker("two", 80'000'000'000), "a"), 1);
}

TEST_F(SchedulerTest, WhatIsMeasuredOfOneModelIsExpectedOfOthers) {
  const auto items_of_b = [this] {
    Update();
    return Decide(Worker("one"), "b").choices.at(0).most_items;
  };
  for (QueuedRun& run : state_.runs) run.pending_items = 10'000;
  const int64_t assumed = items_of_b();
  state_.speeds = {{"a", Precision::kBFloat16, WorkerKindOf(Worker("one")), 4000, 1}};
  EXPECT_EQ(items_of_b(), 4 * assumed);
}

TEST_F(SchedulerTest, EachModelIsBegunBeforeOneIsHelped) {
  Update();
  EXPECT_EQ(First(Worker("one")), 1);
  Grant(Worker("one"), 1, 10);
  EXPECT_EQ(First(Worker("two")), 2);
}

TEST_F(SchedulerTest, AModelThatIsNearlyDoneIsNotLoadedOnceMore) {
  state_.runs[0].pending_items = 2;  // two seconds of work, and two to load it
  state_.runs[1].pending_items = 0;
  Update();
  Grant(Worker("one"), 1, 1);
  EXPECT_EQ(First(Worker("two")), 0);
}

TEST_F(SchedulerTest, APriorityGoesFirstWhateverIsLoaded) {
  state_.runs[1].priority = 5;
  Update();
  EXPECT_EQ(First(Worker("one"), "a"), 2);
}

TEST_F(SchedulerTest, WhoHadLessGoesFirstAndAWeightCountsForIt) {
  state_.runs[0].owner = "ann";
  state_.runs[1].owner = "bob";
  state_.leases.push_back({1, 1, 1, 1, 0, 40, "two"});
  Update();
  EXPECT_EQ(First(Worker("one")), 2);
  state_.leases.push_back({2, 2, 2, 1, 0, 60, "two"});
  Update();
  EXPECT_EQ(First(Worker("one")), 1);
  state_.shares = {{"bob", 2}};  // 60 / 2 < 40
  Update();
  EXPECT_EQ(First(Worker("one")), 2);
}

TEST_F(SchedulerTest, ServedWorkIsForgottenWithTime) {
  state_.runs[0].owner = "ann";
  state_.runs[1].owner = "bob";
  Update();
  state_.runs[0].done_items = 50;
  Update();
  EXPECT_EQ(First(Worker("one")), 2);
  now_ += absl::Hours(1);
  state_.runs[1].done_items = 1;
  Update();
  EXPECT_EQ(First(Worker("one")), 1);
}

TEST_F(SchedulerTest, LimitsOfAnOwnerAreKept) {
  state_.runs[0].owner = "ann";
  state_.runs[1].pending_items = 0;
  state_.leases.push_back({1, 1, 1, 1, 0, 10, "two"});
  state_.shares = {{"ann", 1, std::nullopt, 1}};
  Update();
  EXPECT_EQ(First(Worker("one")), 0);
  EXPECT_EQ(First(Worker("two")), 1);
  state_.shares = {{"ann", 1, 1, std::nullopt}};
  Update();
  EXPECT_EQ(First(Worker("two")), 0);
}

TEST_F(SchedulerTest, WhatDoesNotFitIsLeftToOthers) {
  Update();
  EXPECT_EQ(First(Worker("small", 1'000'000'000)), 0);
  EXPECT_NE(First(Worker("enough", 3'000'000'000)), 0);
}

TEST_F(SchedulerTest, BoundRunsAreForTheirEngineAndSandbox) {
  state_.runs[0].engine = "2/test";
  state_.runs[1].runs_programs = true;
  Update();
  EXPECT_EQ(First(Worker("one")), 0);
  WorkerInfo sandboxed = Worker("one");
  sandboxed.sandbox = "namespaces";
  EXPECT_EQ(First(sandboxed), 2);
}

TEST_F(SchedulerTest, ShardsShrinkTowardsTheEnd) {
  Update();
  const int64_t many = Decide(Worker("one")).choices.at(0).most_items;
  EXPECT_EQ(many, 10);  // ten seconds
  state_.runs[0].pending_items = 16;
  state_.runs[1].pending_items = 0;
  Update();
  EXPECT_EQ(Decide(Worker("one")).choices.at(0).most_items, 2);
}

TEST_F(SchedulerTest, AnUnknownWorkerBeginsWithLittle) {
  const SpeedOf unknown = [](const std::string&) { return WorkerSpeed(); };
  scheduler_.Update(state_, unknown, now_);
  const Decision decision = scheduler_.Decide({Worker("one"), 4}, unknown, now_);
  EXPECT_LE(decision.choices.at(0).most_items, 3);
  EXPECT_EQ(decision.choices.at(0).count, 2);
}

TEST_F(SchedulerTest, WhatASlowWorkerWouldDoLateIsTakenBack) {
  for (QueuedRun& run : state_.runs) run.pending_items = 0;
  state_.leases = {{1, 11, 1, 1, 0, 10, "two"}, {2, 12, 1, 1, 0, 10, "two"}};
  const SpeedOf slow = [](const std::string& id) {
    return WorkerSpeed{.factor = id == "two" ? 0.1 : 1, .measured = true};
  };
  scheduler_.Update(state_, slow, now_);
  const Decision decision = scheduler_.Decide({Worker("one"), 4, "a"}, slow, now_);
  ASSERT_EQ(decision.choices.size(), 1u);
  ASSERT_TRUE(decision.choices[0].take_back.has_value());
  EXPECT_EQ(decision.choices[0].take_back->lease_id, 12);
  // Of one as fast as itself it takes nothing that is nearly begun.
  state_.leases.pop_back();
  scheduler_.Update(state_, kAsExpected, now_);
  EXPECT_THAT(scheduler_.Decide({Worker("one"), 4}, kAsExpected, now_).choices, IsEmpty());
}

TEST_F(SchedulerTest, WhatFailedOrWasTakenOftenStaysWhereItIs) {
  for (QueuedRun& run : state_.runs) run.pending_items = 0;
  state_.leases = {{1, 11, 1, 1, /*failures=*/2, 50, "two"},
                   {2, 12, 1, /*attempt=*/3, 0, 50, "two"}};
  Update();
  EXPECT_THAT(Decide(Worker("one"), "a").choices, IsEmpty());
}

}  // namespace
}  // namespace assay
