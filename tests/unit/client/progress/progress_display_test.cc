#include "client/progress/progress_display.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class ManualClock : public Clock {
 public:
  absl::Time Now() override { return now_; }
  void Sleep(absl::Duration duration) override { now_ += duration; }

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'000'000);
};

RunProgress MakeRun(int64_t id, State state, int64_t done, int64_t items) {
  RunProgress run;
  run.spec.run_id = id;
  run.spec.dataset_name = id == 1 ? "mmlu" : "bbh";
  run.spec.model_name = "tiny";
  run.state = state;
  run.items = items;
  run.items_done = done;
  run.prompt_tokens = done * 100;
  run.cached_tokens = done * 60;
  run.generated_tokens = done * 2;
  return run;
}

JobProgress MakeJob(std::vector<RunProgress> runs) {
  JobProgress job;
  job.job_id = 7;
  job.state = State::kRunning;
  job.runs = std::move(runs);
  return job;
}

class ProgressDisplayTest : public testing::Test {
 protected:
  ProgressDisplayTest() {
    console_.err = &err_;
    console_.err_width = 120;
  }

  // What was written since the last call.
  std::string Written() {
    std::string text = err_.str();
    err_.str("");
    return text;
  }

  std::ostringstream err_;
  Console console_;
  ManualClock clock_;
};

TEST_F(ProgressDisplayTest, DrawsABarForEachRunAndRedrawsInPlace) {
  console_.err_redraw = true;
  ProgressDisplay display(&console_, &clock_);
  display.Update(
      MakeJob({MakeRun(1, State::kRunning, 0, 200), MakeRun(2, State::kPending, 0, 50)}));
  EXPECT_EQ(Written(),
            "mmlu tiny  ░░░░░░░░░░░░░░░░░░░░░░░░   0%  0/200 items\n"
            "bbh tiny   ░░░░░░░░░░░░░░░░░░░░░░░░   0%  0/50 items  pending\n");

  clock_.Sleep(absl::Seconds(10));
  display.Update(
      MakeJob({MakeRun(1, State::kRunning, 100, 200), MakeRun(2, State::kPending, 0, 50)}));
  // 100 items in 10 s; 42 tokens each that were not cached.
  EXPECT_EQ(Written(),
            "\033[2A\033[J"
            "mmlu tiny  ████████████░░░░░░░░░░░░  50%  100/200 items  10.0 items/s  420 tokens/s  "
            "0:10 left\n"
            "bbh tiny   ░░░░░░░░░░░░░░░░░░░░░░░░   0%  0/50 items  pending\n");
}

TEST_F(ProgressDisplayTest, RedrawsFourTimesASecondAtMost) {
  console_.err_redraw = true;
  ProgressDisplay display(&console_, &clock_);
  display.Update(MakeJob({MakeRun(1, State::kRunning, 0, 200)}));
  Written();
  clock_.Sleep(absl::Milliseconds(249));
  display.Update(MakeJob({MakeRun(1, State::kRunning, 1, 200)}));
  EXPECT_THAT(Written(), IsEmpty());
  clock_.Sleep(absl::Milliseconds(1));
  display.Tick();
  EXPECT_THAT(Written(), HasSubstr("1/200"));
}

TEST_F(ProgressDisplayTest, DrawsTheEndWhateverTheTime) {
  console_.err_redraw = true;
  ProgressDisplay display(&console_, &clock_);
  display.Update(MakeJob({MakeRun(1, State::kRunning, 0, 2)}));
  Written();
  RunProgress ended = MakeRun(1, State::kCompleted, 2, 2);
  ended.items_failed = 1;
  display.Update(MakeJob({ended}));
  EXPECT_THAT(Written(), HasSubstr("100%  2/2 items  1 errors  completed"));
}

TEST_F(ProgressDisplayTest, NeverWrapsALine) {
  console_.err_redraw = true;
  console_.err_width = 40;
  ProgressDisplay display(&console_, &clock_);
  display.Update(MakeJob({MakeRun(1, State::kRunning, 0, 200)}));
  EXPECT_EQ(Written(), "mmlu tiny  ░░░░░░░░░░░░░░░░░░░░░░░░   …\n");
}

TEST_F(ProgressDisplayTest, WritesANoteAboveTheBars) {
  console_.err_redraw = true;
  ProgressDisplay display(&console_, &clock_);
  display.Update(MakeJob({MakeRun(1, State::kRunning, 0, 200)}));
  Written();
  display.Note("the coordinator went away");
  EXPECT_THAT(Written(), StartsWith("\033[1A\033[Jthe coordinator went away\nmmlu tiny"));
}

TEST_F(ProgressDisplayTest, WritesALineEveryTenSecondsElsewhere) {
  ProgressDisplay display(&console_, &clock_);
  display.Update(
      MakeJob({MakeRun(1, State::kRunning, 0, 200), MakeRun(2, State::kPending, 0, 50)}));
  EXPECT_EQ(Written(),
            "mmlu tiny: running, 0/200 items (0%)\nbbh tiny: pending, 0/50 items (0%)\n");
  clock_.Sleep(absl::Seconds(9.9));
  display.Update(
      MakeJob({MakeRun(1, State::kRunning, 99, 200), MakeRun(2, State::kPending, 0, 50)}));
  EXPECT_THAT(Written(), IsEmpty());
  clock_.Sleep(absl::Seconds(0.1));
  display.Tick();
  const std::string line = Written();
  EXPECT_EQ(line, "mmlu tiny: running, 99/200 items (49%)  9.9 items/s  416 tokens/s  0:10 left\n");
  EXPECT_THAT(line, Not(HasSubstr("\033")));
}

TEST_F(ProgressDisplayTest, TellsWhyARunFailed) {
  ProgressDisplay display(&console_, &clock_);
  RunProgress failed = MakeRun(1, State::kFailed, 0, 200);
  failed.error = "weights changed\n";
  display.Update(MakeJob({failed}));
  EXPECT_EQ(Written(), "mmlu tiny: failed, 0/200 items (0%): weights changed\\n\n");
}

}  // namespace
}  // namespace assay
