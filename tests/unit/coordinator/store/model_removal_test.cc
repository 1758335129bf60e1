// Models that are removed, and what is left of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ModelRemovalTest : public CoordinatorTest {
 protected:
  // A job of the sample model that has ended.
  int64_t SubmitAndCancel() {
    const int64_t job = Submit(7);
    EXPECT_TRUE(coordinator_.jobs.Cancel(job).ok());
    return job;
  }
  ModelStore& models() { return coordinator_.models; }
};

TEST_F(ModelRemovalTest, WithoutRunsTheNameIsFree) {
  ASSERT_TRUE(models().Add(SampleModel("other")).ok());
  EXPECT_EQ(*models().Remove("other"), 0);
  EXPECT_TRUE(absl::IsNotFound(models().Remove("other").status()));
  EXPECT_THAT(models().Find("other").status().message(), HasSubstr("unknown model \"other\""));
  ModelSpec another = SampleModel("other");
  another.weights_sha256 = std::string(64, 'f');
  EXPECT_FALSE(*models().Add(another));
  EXPECT_EQ(models().Find("other")->weights_sha256, another.weights_sha256);
}

TEST_F(ModelRemovalTest, IsRefusedWhileARunHasNotEnded) {
  const int64_t first = Submit(7), second = Submit(3);
  const absl::Status refused = models().Remove("tiny").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(refused.message(),
              AllOf(HasSubstr("2 runs that have not ended"),
                    HasSubstr(absl::StrCat("of job ", first, ", ", second)), HasSubstr("cancel")));
  EXPECT_TRUE(models().Find("tiny").ok());
  ASSERT_TRUE(coordinator_.jobs.Cancel(first).ok());
  EXPECT_THAT(models().Remove("tiny").status().message(), HasSubstr("1 run that has not ended"));
}

TEST_F(ModelRemovalTest, RunsStayAndNothingNewIsRun) {
  const auto planned = coordinator_.planner.Plan({{"tiny"}, {"bbh"}, {}, 7});
  ASSERT_TRUE(planned.ok()) << planned.status();
  const int64_t job = SubmitAndCancel();
  EXPECT_EQ(*models().Remove("tiny"), 1);
  EXPECT_THAT(models().Find("tiny").status().message(), HasSubstr("model \"tiny\" was removed"));
  EXPECT_THAT(*models().List(), IsEmpty());
  EXPECT_THAT(*models().List(/*with_removed=*/true), SizeIs(1));
  EXPECT_EQ(Run(job).spec.model_name, "tiny");
  EXPECT_EQ(Query("SELECT count(*) FROM events WHERE kind = 'model_removed'"), "1");
  // Neither by a new plan nor by one that was made before.
  EXPECT_FALSE(coordinator_.planner.Plan({{"tiny"}, {"bbh"}, {}, 7}).ok());
  EXPECT_TRUE(absl::IsNotFound(coordinator_.jobs.Submit({planned->at(0).run}).status()));
  EXPECT_TRUE(absl::IsNotFound(models().Remove("tiny").status()));
}

TEST_F(ModelRemovalTest, ComesBackWithTheSameWeightsOnlyFromAnyPath) {
  SubmitAndCancel();
  ASSERT_TRUE(models().Remove("tiny").ok());
  ModelSpec other = SampleModel();
  other.weights_sha256 = std::string(64, 'f');
  EXPECT_TRUE(absl::IsAlreadyExists(models().Add(other).status()));
  ModelSpec moved = SampleModel();
  moved.path = "/moved/here";
  moved.generation_settings = R"({"top_k":50})";
  EXPECT_FALSE(*models().Add(moved));
  EXPECT_EQ(models().Find("tiny")->path, "/moved/here");
  EXPECT_EQ(models().Find("tiny")->generation_settings, moved.generation_settings);
  EXPECT_TRUE(*models().Add(moved));
  EXPECT_TRUE(absl::IsAlreadyExists(models().Add(SampleModel()).status()));
}

}  // namespace
}  // namespace assay
