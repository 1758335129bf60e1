#include "coordinator/store/job_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class JobControlTest : public CoordinatorTest {
 protected:
  JobProgress Annotated(int64_t job_id) {
    JobProgress job = *coordinator_.jobs.Get(job_id);
    EXPECT_TRUE(control_.Annotate(absl::MakeSpan(&job, 1)).ok());
    return job;
  }
  std::vector<Lease> Grant(int count, const std::string& kernels = "avx2") {
    return *coordinator_.leases.Grant(SampleWorker("worker-1", kernels), count, {});
  }

  JobControl control_{&coordinator_.database};
};

TEST_F(JobControlTest, APausedJobIsTakenBackAndGoesOnWhenItIsResumed) {
  const int64_t job = Submit(7);
  const Lease lease = GrantOne();
  ASSERT_TRUE(control_.Pause(job).ok());
  ASSERT_TRUE(control_.Pause(job).ok());
  EXPECT_TRUE(Annotated(job).paused);
  EXPECT_THAT(Grant(2), IsEmpty());
  EXPECT_THAT(*coordinator_.leases.Renew({lease.key}), testing::ElementsAre(lease.key));
  EXPECT_EQ(*coordinator_.leases.Commit(lease.key, RightAnswers(lease)), CommitOutcome::kStale);
  // Another job is done meanwhile.
  const int64_t other = Submit(14);
  EXPECT_EQ(Grant(1).at(0).run.job_id, other);

  ASSERT_TRUE(control_.Resume(job).ok());
  EXPECT_FALSE(Annotated(job).paused);
  EXPECT_EQ(Query("SELECT sum(failures) FROM shards"), "0");
  for (const Lease& again : Grant(2)) {
    EXPECT_EQ(*coordinator_.leases.Commit(again.key, RightAnswers(again)),
              CommitOutcome::kAccepted);
  }
  EXPECT_EQ(Run(job).state, State::kCompleted);
}

TEST_F(JobControlTest, OnlyAJobThatHasNotEndedIsPaused) {
  const int64_t job = Submit(14);
  ASSERT_TRUE(control_.Resume(job).ok());
  ASSERT_TRUE(coordinator_.jobs.Cancel(job).ok());
  const absl::Status status = control_.Pause(job);
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.message(), HasSubstr("it is cancelled"));
  EXPECT_TRUE(absl::IsFailedPrecondition(control_.Resume(job)));
  EXPECT_TRUE(absl::IsNotFound(control_.Pause(999)));
}

TEST_F(JobControlTest, APausedJobCanBeCancelled) {
  const int64_t job = Submit(14);
  ASSERT_TRUE(control_.Pause(job).ok());
  ASSERT_TRUE(coordinator_.jobs.Cancel(job).ok());
  EXPECT_EQ(Run(job).state, State::kCancelled);
  EXPECT_FALSE(Annotated(job).paused);
}

TEST_F(JobControlTest, ARunSaysWhichWorkersItMisses) {
  const int64_t job = Submit(7);
  EXPECT_EQ(Annotated(job).runs[0].waiting_for, "no worker is connected");
  ASSERT_TRUE(coordinator_.workers.Seen(SampleWorker("worker-1", "amx")).ok());
  EXPECT_EQ(Annotated(job).runs[0].waiting_for, "");
  ASSERT_THAT(Grant(1, "amx"), SizeIs(1));
  EXPECT_EQ(Annotated(job).runs[0].waiting_for, "");
  ASSERT_TRUE(coordinator_.workers.Left("worker-1").ok());
  ASSERT_TRUE(coordinator_.workers.Seen(SampleWorker("worker-2", "avx2")).ok());
  const std::string waiting = Annotated(job).runs[0].waiting_for;
  EXPECT_THAT(waiting, HasSubstr("no worker of engine"));
  EXPECT_THAT(waiting, HasSubstr("/amx is connected"));
  EXPECT_THAT(waiting, HasSubstr("connected are workers of"));
  EXPECT_THAT(waiting, HasSubstr("/avx2"));
}

TEST_F(JobControlTest, AWorkerThatWasSeenElsewhereSinceHasNotLeft) {
  const std::string first = *coordinator_.workers.Seen(SampleWorker());
  const std::string second = *coordinator_.workers.Seen(SampleWorker());
  ASSERT_TRUE(coordinator_.workers.Left("worker-1", first).ok());
  EXPECT_TRUE(coordinator_.workers.List()->at(0).connected);
  ASSERT_TRUE(coordinator_.workers.Left("worker-1", second).ok());
  EXPECT_FALSE(coordinator_.workers.List()->at(0).connected);
}

TEST_F(JobControlTest, ASubmissionIsKnownByItsKey) {
  const auto planned = coordinator_.planner.Plan({{"tiny"}, {"bbh"}, {}, 7});
  ASSERT_TRUE(planned.ok());
  const std::vector<NewRun> runs = {planned->at(0).run};
  const Submission submission = {"key", "digest"};
  EXPECT_FALSE(control_.FindSubmission(submission)->has_value());
  const int64_t job = *coordinator_.jobs.Submit(runs, submission);
  EXPECT_TRUE(absl::IsAlreadyExists(coordinator_.jobs.Submit(runs, submission).status()));
  const auto found = control_.FindSubmission(submission);
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->job_id, job);
  EXPECT_EQ((*found)->runs, 1);
  EXPECT_TRUE(absl::IsInvalidArgument(control_.FindSubmission({"key", "other"}).status()));
  EXPECT_FALSE(control_.FindSubmission({})->has_value());
  EXPECT_NE(*coordinator_.jobs.Submit(runs), *coordinator_.jobs.Submit(runs));
  EXPECT_THAT(*coordinator_.jobs.List(10), SizeIs(3));
}

}  // namespace
}  // namespace assay
