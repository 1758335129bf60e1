#include "client/progress/progress_display.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/output/text.h"

namespace assay {
namespace {

constexpr absl::Duration kRedrawEvery = absl::Milliseconds(250);
constexpr absl::Duration kLineEvery = absl::Seconds(10);
constexpr int kBarWidth = 24;

std::string Label(const RunProgress& run) {
  return absl::StrCat(run.spec.dataset_name, " ", run.spec.model_name);
}

double Share(const RunProgress& run) {
  return run.items == 0 ? 0 : static_cast<double>(run.items_done) / static_cast<double>(run.items);
}

// Prompt tokens that were found in the prefix cache were not computed, nor were the tokens of
// predictions of earlier runs.
double ComputedTokens(const RunProgress& run) {
  return static_cast<double>(run.prompt_tokens - run.cached_tokens + run.generated_tokens -
                             run.reused_tokens);
}

std::string Bar(double share) {
  const int full = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * kBarWidth));
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < full ? "█" : "░";
  return bar;
}

bool Ended(State state) {
  return state == State::kCompleted || state == State::kCancelled || state == State::kFailed;
}

Tone StateTone(State state) {
  if (state == State::kCompleted) return Tone::kGood;
  return state == State::kCancelled || state == State::kFailed ? Tone::kBad : Tone::kPlain;
}

std::string Failures(const RunProgress& run) {
  std::string text = run.items_failed == 0 ? "" : absl::StrCat("  ", run.items_failed, " errors");
  if (run.items_reused > 0) absl::StrAppend(&text, "  ", run.items_reused, " reused");
  return text;
}

}  // namespace

ProgressDisplay::ProgressDisplay(const Console* console, Clock* clock)
    : console_(console), clock_(clock) {}

void ProgressDisplay::Update(const JobProgress& job) {
  const absl::Time now = clock_->Now();
  bool changed = false;
  for (const RunProgress& run : job.runs) {
    Rates& rates = rates_[run.spec.run_id];
    rates.items.Add(now, static_cast<double>(run.items_done));
    rates.tokens.Add(now, ComputedTokens(run));
    const auto drawn = drawn_state_.find(run.spec.run_id);
    changed |= drawn == drawn_state_.end() || drawn->second != run.state;
  }
  job_ = job;
  if (changed) {
    Draw();
  } else {
    Tick();
  }
}

void ProgressDisplay::Tick() {
  if (clock_->Now() - drawn_ >= (console_->err_redraw ? kRedrawEvery : kLineEvery)) Draw();
}

void ProgressDisplay::Note(absl::string_view line) {
  if (console_->err_redraw) Erase();
  *console_->err << line << "\n" << std::flush;
  if (console_->err_redraw) Draw();
}

void ProgressDisplay::Finish() {
  if (console_->err_redraw) Draw();
  lines_ = 0;
}

void ProgressDisplay::Erase() {
  if (lines_ > 0) *console_->err << "\033[" << lines_ << "A\033[J";
  lines_ = 0;
}

void ProgressDisplay::Draw() {
  drawn_ = clock_->Now();
  if (console_->err_redraw) Erase();
  int label_width = 0;
  for (const RunProgress& run : job_.runs) {
    label_width = std::max(label_width, DisplayWidth(EscapeLine(Label(run))));
  }
  label_width = std::min(label_width, 36);
  for (const RunProgress& run : job_.runs) {
    const auto drawn = drawn_state_.find(run.spec.run_id);
    const bool changed = drawn == drawn_state_.end() || drawn->second != run.state;
    if (console_->err_redraw) {
      *console_->err << BarLine(run, label_width) << "\n";
      ++lines_;
    } else if (changed || run.state == State::kRunning || !Halt(run).empty()) {
      *console_->err << PlainLine(run) << "\n";
    }
    drawn_state_[run.spec.run_id] = run.state;
  }
  *console_->err << std::flush;
}

std::string ProgressDisplay::BarLine(const RunProgress& run, int label_width) {
  const std::string label = Ellipsize(EscapeLine(Label(run)), label_width);
  std::string line = absl::StrCat(label, std::string(label_width - DisplayWidth(label), ' '), "  ",
                                  Bar(Share(run)));
  absl::StrAppendFormat(&line, " %3d%%  %d/%d items", static_cast<int>(Share(run) * 100),
                        run.items_done, run.items);
  line += Failures(run);
  std::string tail = run.state == State::kRunning ? Speed(run) : std::string(StateName(run.state));
  if (const std::string halt = Halt(run); !halt.empty()) tail = halt;
  if (!tail.empty()) absl::StrAppend(&line, "  ", tail);
  // A line that wraps would not be erased whole.
  line = Ellipsize(line, console_->err_width - 1);
  return Toned(line, StateTone(run.state), console_->err_colour);
}

std::string ProgressDisplay::PlainLine(const RunProgress& run) {
  std::string line = absl::StrCat(EscapeLine(Label(run)), ": ", StateName(run.state), ", ",
                                  run.items_done, "/", run.items, " items");
  absl::StrAppendFormat(&line, " (%d%%)", static_cast<int>(Share(run) * 100));
  line += Failures(run);
  if (const std::string speed = Speed(run); run.state == State::kRunning && !speed.empty()) {
    absl::StrAppend(&line, "  ", speed);
  }
  if (const std::string halt = Halt(run); !halt.empty()) absl::StrAppend(&line, ": ", halt);
  if (!run.error.empty()) absl::StrAppend(&line, ": ", EscapeLine(run.error));
  return line;
}

std::string ProgressDisplay::Halt(const RunProgress& run) const {
  if (Ended(run.state)) return "";
  if (job_.paused) return absl::StrCat("paused: assay resume ", job_.job_id);
  return EscapeLine(run.waiting_for);
}

std::string ProgressDisplay::Speed(const RunProgress& run) {
  if (Ended(run.state)) return "";
  const absl::Time now = clock_->Now();
  const Rates& rates = rates_[run.spec.run_id];
  const double items = rates.items.PerSecond(now);
  if (items <= 0) return "";
  const double left = static_cast<double>(run.items - run.items_done) / items;
  return absl::StrCat(absl::StrFormat("%.1f items/s", items), "  ",
                      HumanCount(rates.tokens.PerSecond(now)), " tokens/s  ",
                      HumanDuration(absl::Seconds(left)), " left");
}

}  // namespace assay
