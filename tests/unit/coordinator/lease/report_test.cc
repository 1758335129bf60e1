#include "coordinator/lease/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "common/catalog/built_in.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;

class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    protocol_ = *FindBenchmark("bbh").value()->FindProtocol("instructeval");
    for (const int64_t ordinal : ordinals_) {
      predictions_.push_back(RightAnswer(*dataset_->Find(ordinal)));
    }
  }
  absl::StatusOr<std::vector<GradedItem>> Grade() {
    return GradeReport(*dataset_, ordinals_, *protocol_, samples_, predictions_);
  }

  const std::shared_ptr<const Dataset> dataset_ = Dataset::Create(SampleItems()).value();
  const std::vector<int64_t> ordinals_ = {4, 5, 6};
  const ProtocolSpec* protocol_;
  std::vector<Prediction> predictions_;
  int samples_ = 1;
};

TEST_F(ReportTest, GradesInTheShardsOrderWhateverTheReports) {
  std::swap(predictions_[0], predictions_[2]);
  predictions_[1].output = "no";
  const std::vector<GradedItem> graded = Grade().value();
  ASSERT_EQ(graded.size(), 3u);
  EXPECT_EQ(graded[0].ordinal, 4);
  EXPECT_EQ(graded[0].score.verdict, Verdict::kCorrect);
  EXPECT_EQ(graded[1].score.verdict, Verdict::kWrong);
  EXPECT_EQ(graded[2].score.grader, "starts_with");
}

TEST_F(ReportTest, RefusesWhatIsNotOnePredictionForEachItem) {
  const std::vector<Prediction> good = predictions_;
  predictions_.pop_back();
  EXPECT_THAT(Grade().status().message(), HasSubstr("has no prediction"));
  predictions_ = good;
  predictions_.push_back(good[0]);
  EXPECT_THAT(Grade().status().message(), HasSubstr("has two predictions"));
  predictions_ = good;
  predictions_.push_back(RightAnswer(*dataset_->Find(7)));
  EXPECT_THAT(Grade().status().message(), HasSubstr("is not of the shard"));
}

TEST_F(ReportTest, EverySampleOfEveryItemIsThereOnce) {
  samples_ = 2;
  EXPECT_THAT(Grade().status().message(), HasSubstr("has no prediction of sample 1"));
  std::vector<Prediction> all;
  for (const int sample : {1, 0}) {
    for (Prediction prediction : predictions_) {
      prediction.sample_index = sample;
      if (sample == 1) prediction.output = "no";
      all.push_back(prediction);
    }
  }
  predictions_ = all;
  const std::vector<GradedItem> graded = Grade().value();
  ASSERT_EQ(graded.size(), 6u);
  for (size_t i = 0; i < graded.size(); ++i) {
    EXPECT_EQ(graded[i].ordinal, 4 + static_cast<int64_t>(i / 2));
    EXPECT_EQ(graded[i].prediction.sample_index, static_cast<int>(i % 2));
    EXPECT_EQ(graded[i].score.verdict, i % 2 == 0 ? Verdict::kCorrect : Verdict::kWrong);
  }
  predictions_ = all;
  predictions_[0].sample_index = 2;
  EXPECT_THAT(Grade().status().message(), HasSubstr("has no prediction of sample 1"));
  predictions_ = all;
  predictions_.push_back(all[0]);
  EXPECT_THAT(Grade().status().message(), HasSubstr("has two predictions of sample 1"));
  predictions_.back().sample_index = 2;
  EXPECT_THAT(Grade().status().message(), HasSubstr("sample 2 of item"));
}

TEST_F(ReportTest, RefusesWhatNoRunGives) {
  const std::vector<std::function<void(Prediction&)>> changes = {
      [](Prediction& p) { p.sample_index = 1; },
      [](Prediction& p) { p.cached_tokens = p.prompt_tokens + 1; },
      [](Prediction& p) { p.shots_used = -1; },
      [](Prediction& p) { p.choice_loglikelihoods = {-1.0}; },
      [](Prediction& p) { p.program_outcome = kProgramPassed; },
  };
  const Prediction good = predictions_[1];
  for (const auto& change : changes) {
    predictions_[1] = good;
    change(predictions_[1]);
    EXPECT_TRUE(absl::IsInvalidArgument(Grade().status()));
  }
}

TEST_F(ReportTest, AnErrorIsAPrediction) {
  predictions_[1] = Prediction();
  predictions_[1].item_id = dataset_->Find(5)->id;
  predictions_[1].error = "out of memory";
  EXPECT_EQ(Grade().value()[1].score.verdict, Verdict::kError);
  const GradedItem error = GradeError(*dataset_, 5, *protocol_, "").value();
  EXPECT_EQ(error.score.verdict, Verdict::kError);
  EXPECT_FALSE(error.prediction.error.empty());
}

}  // namespace
}  // namespace assay
