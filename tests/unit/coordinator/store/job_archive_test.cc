#include "coordinator/store/job_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class JobArchiveTest : public CoordinatorTest {
 protected:
  // A completed job of two shards.
  int64_t Finished() {
    const int64_t job = Submit(7);
    for (int i = 0; i < 2; ++i) {
      const Lease lease = GrantOne();
      std::vector<Prediction> answers = RightAnswers(lease);
      // Bytes that are no text, a text that looks like bytes, quotes and NULs.
      answers[0].output = std::string("\xff\x00\"", 3);
      answers[1].output = "\\x41";
      answers[2].output = std::string("a\"b\\c,{}\n\0NULL", 14);
      answers[3].choice_loglikelihoods = {};
      EXPECT_EQ(*coordinator_.leases.Commit(lease.key, answers), CommitOutcome::kAccepted);
    }
    return job;
  }

  std::vector<ArchiveRows> ReadAll(int64_t job, ArchiveSummary* summary) {
    std::vector<ArchiveRows> parts;
    const auto read = archive_.Read(job, [&](const ArchiveRows& part) {
      parts.push_back(part);
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read.status();
    *summary = read.value_or(ArchiveSummary());
    return parts;
  }

  absl::StatusOr<ArchiveSummary> Restore(int64_t job, const std::vector<ArchiveRows>& parts) {
    size_t next = 0;
    return archive_.Restore(job, [&]() -> absl::StatusOr<std::optional<ArchiveRows>> {
      if (next == parts.size()) return std::nullopt;
      return parts[next++];
    });
  }

  // Every row of every table that a job has, as PostgreSQL hashes it.
  std::string Everything() {
    std::string all;
    for (const char* table : {"jobs", "runs", "shards", "run_groups", "run_clusters", "predictions",
                              "scores", "judge_orders", "measured_work"}) {
      all += Query(absl::StrCat("SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), "
                                "'') || count(*) FROM ",
                                table, " t")) +
             "/";
    }
    return all;
  }

  JobArchive archive_{&coordinator_.database};
};

TEST_F(JobArchiveTest, ComesBackRowByRow) {
  const int64_t job = Finished();
  const std::string before = Everything();
  ArchiveSummary summary;
  const std::vector<ArchiveRows> parts = ReadAll(job, &summary);
  EXPECT_EQ(Everything(), before);
  const auto deleted = archive_.Delete(job, summary.sha256);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  for (const char* table : {"jobs", "runs", "shards", "predictions", "scores", "run_groups"}) {
    EXPECT_EQ(Query(absl::StrCat("SELECT count(*) FROM ", table)), "0") << table;
  }
  EXPECT_TRUE(absl::IsNotFound(coordinator_.jobs.Get(job).status()));
  ASSERT_THAT(*archive_.ListDeleted(10), SizeIs(1));
  EXPECT_EQ(Query("SELECT count(*) FROM events WHERE kind = 'job_archived'"), "1");

  const auto restored = Restore(job, parts);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->sha256, summary.sha256);
  EXPECT_EQ(Everything(), before);
  EXPECT_EQ(Run(job).state, State::kCompleted);
  EXPECT_THAT(*archive_.ListDeleted(10), SizeIs(0));
  EXPECT_TRUE(absl::IsAlreadyExists(Restore(job, parts).status()));
  // And again.
  ArchiveSummary second;
  ReadAll(job, &second);
  EXPECT_EQ(second.sha256, summary.sha256);
  // New jobs have new numbers.
  EXPECT_GT(Submit(7), job);
}

TEST_F(JobArchiveTest, OnlyWhatWasArchivedComesBack) {
  const int64_t job = Finished();
  ArchiveSummary summary;
  std::vector<ArchiveRows> parts = ReadAll(job, &summary);
  EXPECT_TRUE(absl::IsAlreadyExists(Restore(job, parts).status()));
  ASSERT_TRUE(archive_.Delete(job, summary.sha256).ok());
  const std::string after = Everything();
  for (ArchiveRows& part : parts) {
    if (part.table != "scores" || part.rows.empty()) continue;
    for (size_t i = 0; i < part.columns.size(); ++i) {
      if (part.columns[i].name == "verdict") part.rows[0][i] = "unparsable";
    }
  }
  const absl::Status changed = Restore(job, parts).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(changed)) << changed;
  EXPECT_THAT(changed.message(), HasSubstr("not those that were archived"));
  EXPECT_EQ(Everything(), after);
  EXPECT_TRUE(absl::IsFailedPrecondition(Restore(job + 100, parts).status()));
  parts[0].table = "models";
  EXPECT_TRUE(absl::IsInvalidArgument(Restore(job, parts).status()));
  parts[0].table = "jobs";
  parts[1].columns[0].name = "no_such";
  EXPECT_TRUE(absl::IsInvalidArgument(Restore(job, parts).status()));
  EXPECT_EQ(Everything(), after);
}

TEST_F(JobArchiveTest, AJobThatChangedSinceStays) {
  const int64_t job = Finished();
  ArchiveSummary summary;
  ReadAll(job, &summary);
  Query("UPDATE runs SET rescored = now() RETURNING 1");
  const std::string before = Everything();
  EXPECT_TRUE(absl::IsAborted(archive_.Delete(job, summary.sha256).status()));
  EXPECT_EQ(Everything(), before);
}

TEST_F(JobArchiveTest, AReaderThatHasEnoughEndsIt) {
  const int64_t job = Finished();
  int parts = 0;
  const auto read = archive_.Read(job, [&](const ArchiveRows&) -> absl::Status {
    return ++parts == 3 ? absl::CancelledError("gone") : absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsCancelled(read.status()));
  EXPECT_EQ(parts, 3);
  EXPECT_EQ(Run(job).state, State::kCompleted);
}

TEST_F(JobArchiveTest, OnlyAJobThatHasEndedIsDeleted) {
  const int64_t job = Submit(7);
  for (const bool running : {false, true}) {
    if (running) GrantOne();
    const absl::Status status = archive_.Delete(job, "").status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status));
    EXPECT_THAT(status.message(), HasSubstr("assay cancel"));
    EXPECT_TRUE(absl::IsFailedPrecondition(archive_.Plan(job).status()));
  }
  EXPECT_TRUE(absl::IsNotFound(archive_.Delete(999, "").status()));
  ASSERT_TRUE(coordinator_.jobs.Cancel(job).ok());
  const auto plan = archive_.Plan(job);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->state, "cancelled");
  EXPECT_THAT(plan->models, testing::ElementsAre("tiny"));
  ASSERT_TRUE(archive_.Delete(job, "").ok());
  EXPECT_EQ(Query("SELECT archive_sha256 IS NULL FROM deleted_jobs"), "t");
  // Nothing brings it back.
  EXPECT_TRUE(absl::IsFailedPrecondition(Restore(job, {}).status()));
}

TEST_F(JobArchiveTest, AnotherJobIsLeftAlone) {
  const int64_t first = Finished();
  const int64_t second = Finished();
  ASSERT_TRUE(archive_.Delete(first, "").ok());
  EXPECT_EQ(Run(second).items_done, 14);
  EXPECT_EQ(Query("SELECT count(*) FROM predictions"), "14");
  EXPECT_EQ(Query("SELECT count(*) FROM shards"), "2");
}

TEST_F(JobArchiveTest, AnswersThatWereJudgedStayAsLongAsTheirJudgements) {
  const int64_t answers = Finished();
  const int64_t judges = Finished();
  Query(
      absl::StrCat("UPDATE runs SET rubric = 'r', judged_run = (SELECT min(run_id) FROM runs) "
                   "WHERE job_id = ",
                   judges, " RETURNING 1"));
  Query(absl::StrCat("INSERT INTO judge_orders VALUES (", answers, ", '{}', ", judges,
                     ", NULL) RETURNING 1"));
  const absl::Status status = archive_.Delete(answers, "").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.message(), HasSubstr(absl::StrCat("job ", judges)));
  ArchiveSummary first, second;
  const std::string before = Everything();
  const std::vector<ArchiveRows> of_judges = ReadAll(judges, &first);
  ASSERT_TRUE(archive_.Delete(judges, first.sha256).ok());
  const std::vector<ArchiveRows> of_answers = ReadAll(answers, &second);
  ASSERT_TRUE(archive_.Delete(answers, second.sha256).ok());
  // The other way round.
  EXPECT_FALSE(Restore(judges, of_judges).ok());
  ASSERT_TRUE(Restore(answers, of_answers).ok());
  ASSERT_TRUE(Restore(judges, of_judges).ok());
  EXPECT_EQ(Everything(), before);
}

}  // namespace
}  // namespace assay
