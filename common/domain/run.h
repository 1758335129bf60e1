// Jobs and runs: what a user asks for, and how far it is.
#ifndef ASSAY_COMMON_DOMAIN_RUN_H_
#define ASSAY_COMMON_DOMAIN_RUN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/domain/run_settings.h"

namespace assay {

// A run is one model on one benchmark by one setting.
struct RunSpec {
  int64_t run_id = 0;
  int64_t job_id = 0;
  std::string benchmark;
  std::string dataset_name;
  std::string dataset_sha256;
  RunSettings settings;
  std::string model_name;
  // Of a run that judges the answers of another: that run, and its model. Otherwise 0 and empty.
  int64_t judged_run = 0;
  std::string judged_model = "";
  // Of the text that declares a user's benchmark; empty for one of the program's own.
  std::string benchmark_sha256 = "";
};

// pending -> running -> completed | cancelled | failed. A run whose every item has a prediction, or
// an item's error stored in its place, is completed; it fails only when it cannot start at all (for
// example, its model's files changed).
enum class State { kPending, kRunning, kCompleted, kCancelled, kFailed };
absl::string_view StateName(State state);  // "pending", ...
absl::StatusOr<State> ParseState(absl::string_view name);

struct RunProgress {
  RunSpec spec;
  State state = State::kPending;
  std::string error;
  std::string engine;        // WorkerInfo.engine_version of all its workers; empty until it starts
  std::string sandbox = "";  // WorkerInfo.sandbox of all of them, where the run runs programs
  int64_t items = 0;         // each as often as it has samples
  int64_t items_done = 0;    // predictions and errors
  int64_t items_failed = 0;  // stored as an error
  int64_t prompt_tokens = 0;
  int64_t cached_tokens = 0;  // of the prompt tokens, those found in the prefix cache
  int64_t generated_tokens = 0;
  // Whose verdicts the run's scores are: the protocol's grader, or the one of the latest rescoring.
  std::string grader;
  int grader_version = 0;
  absl::Time rescored = absl::InfinitePast();  // InfinitePast: never
  // Where an imported run is from, a JSON object; empty for a run of this service's workers.
  std::string origin_json;
  absl::Time started = absl::InfinitePast();
  absl::Time finished = absl::InfiniteFuture();
  // What the run waits for, where it has shards and no worker is connected that may run them.
  std::string waiting_for = "";
  // Of items_done, those taken from earlier runs; and the tokens that were not computed for it.
  int64_t items_reused = 0;
  int64_t reused_tokens = 0;
};

struct JobProgress {
  int64_t job_id = 0;
  State state = State::kPending;
  absl::Time submitted = absl::InfinitePast();
  std::vector<RunProgress> runs;
  bool paused = false;     // nothing of it is leased until it is resumed
  std::string owner = "";  // the user whose job it is; empty: not known
  int priority = 0;        // of two jobs, that of the higher one goes first
  // Of a job whose answers are to be judged as soon as they are there: whether that is still to
  // come; then the judges' job, or why there is none.
  bool awaits_judges = false;
  int64_t judge_job = 0;
  std::string judge_error = "";
};

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_RUN_H_
