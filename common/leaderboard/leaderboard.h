// The newest scores of every model on every benchmark, as they are handed from the coordinator to
// whoever shows them.
#ifndef ASSAY_COMMON_LEADERBOARD_LEADERBOARD_H_
#define ASSAY_COMMON_LEADERBOARD_LEADERBOARD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/baseline.h"
#include "common/domain/model_facts.h"
#include "common/domain/model_spec.h"
#include "common/domain/prediction.h"
#include "common/domain/run.h"

namespace assay {

// Which runs count.
struct LeaderboardQuery {
  // Empty: each benchmark's first protocol. Otherwise only benchmarks that have it have cells.
  std::string protocol = "";
  std::optional<int> shots = std::nullopt;  // absent: the protocol's own number
  // More than 1: of benchmarks with a protocol that samples so many times at a temperature of its
  // own, runs by that protocol instead of the first.
  int samples = 1;
  Precision precision = Precision::kBFloat16;
  PromptTemplate prompt_template = PromptTemplate::kNone;
  // Names of data sets to take instead of those that are named as their benchmark.
  std::vector<std::string> datasets = {};
  // Also runs over a part of the items: limited ones, and those that have not ended. A whole run
  // goes before them, however old.
  bool partial = false;
  bool groups = false;     // each cell with the metrics of its groups
  bool baselines = false;  // with all of them
};

struct LeaderboardCell {
  RunSpec run;
  std::string model;  // whose answers are scored: the judged model where a judge ran
  State state = State::kPending;
  int64_t items = 0;
  int64_t items_done = 0;
  bool partial = false;  // over a part of the items
  // That of the protocol over all first, then of its groups, where asked for.
  std::vector<Metric> metrics;
};

// Why a run does not count.
enum class OmissionReason {
  kProtocol,
  kVersion,  // of the protocol: another than the program's
  kData,     // another data set, or other content than its name stands for now
  kShots,
  kPrecision,
  kTemplate,
  kSettings,  // system prompt, BOS or sampling
  kLimit,
  kUnfinished,
};
// "protocol", "version", "data", "shots", "precision", "template", "settings", "limit",
// "unfinished"
absl::string_view OmissionReasonName(OmissionReason reason);

// Cells that are empty although there are runs, by what the newest of these runs lacks.
struct LeaderboardOmission {
  std::string benchmark;
  OmissionReason reason = OmissionReason::kProtocol;
  int64_t cells = 0;
};

struct LeaderboardData {
  std::vector<LeaderboardCell> cells;  // in order of model, benchmark and protocol
  std::vector<ModelSpec> models;       // all that are registered
  std::vector<ModelFacts> facts;       // all that are known
  std::vector<Baseline> baselines;
  std::vector<LeaderboardOmission> omissions;
};

}  // namespace assay

#endif  // ASSAY_COMMON_LEADERBOARD_LEADERBOARD_H_
