#include "coordinator/leaderboard/leaderboard_reader.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/scoring/graded_by.h"
#include "common/scoring/metrics.h"
#include "coordinator/leaderboard/pick_runs.h"

namespace assay {
namespace {

// By benchmark, the digest of the data that its column is of.
using CurrentData = std::map<std::string, std::string>;

absl::StatusOr<CurrentData> FindCurrentData(const std::vector<DatasetInfo>& datasets,
                                            const std::vector<std::string>& asked) {
  CurrentData current;
  std::map<std::string, std::string> names;
  for (const std::string& name : asked) {
    const DatasetInfo* found = nullptr;
    for (const DatasetInfo& dataset : datasets) {
      if (dataset.name == name) found = &dataset;
    }
    if (found == nullptr) {
      return absl::NotFoundError(absl::StrCat("there is no data set \"", name, "\""));
    }
    if (const auto [first, is_new] = names.emplace(found->benchmark, name); !is_new) {
      return absl::InvalidArgumentError(absl::StrCat("data sets ", first->second, " and ", name,
                                                     " are both of benchmark ", found->benchmark,
                                                     ": name one of them"));
    }
    current[found->benchmark] = found->sha256;
  }
  for (const DatasetInfo& dataset : datasets) {
    if (dataset.name == dataset.benchmark) current.emplace(dataset.benchmark, dataset.sha256);
  }
  std::map<std::string, std::vector<std::string>> digests;
  for (const DatasetInfo& dataset : datasets) digests[dataset.benchmark].push_back(dataset.sha256);
  for (const auto& [benchmark, own] : digests) {
    if (own.size() == 1) current.emplace(benchmark, own.front());
  }
  return current;
}

// The first of its kind: of all protocols, or of those that rate by the same criterion.
bool IsDefault(const Benchmark& benchmark, const ProtocolSpec& protocol) {
  for (const ProtocolSpec& other : benchmark.protocols()) {
    if (other.criterion == protocol.criterion) return other.name == protocol.name;
  }
  return false;
}

// Null: none samples so often at a temperature of its own.
const ProtocolSpec* FindSampling(const Benchmark& benchmark, int samples) {
  for (const ProtocolSpec& protocol : benchmark.protocols()) {
    if (protocol.temperatures.count(samples) != 0) return &protocol;
  }
  return nullptr;
}

// What a candidate's pointers point to.
struct Candidates {
  std::vector<std::shared_ptr<const Benchmark>> benchmarks;  // of each candidate
  std::vector<Candidate> all;
};

absl::StatusOr<Candidates> MakeCandidates(const std::vector<RunSummary>& runs,
                                          const CurrentData& data, int samples,
                                          BenchmarkCatalog& catalog) {
  std::map<int64_t, const RunSummary*> by_id;
  for (const RunSummary& run : runs) by_id[run.spec.run_id] = &run;
  Candidates candidates;
  for (const RunSummary& run : runs) {
    absl::StatusOr<std::shared_ptr<const Benchmark>> benchmark = catalog.Of(run.spec);
    if (absl::IsNotFound(benchmark.status())) continue;
    ASSAY_RETURN_IF_ERROR(benchmark.status());
    Candidate& candidate = candidates.all.emplace_back();
    candidate.run = run;
    if (const auto judged = by_id.find(run.spec.judged_run); judged != by_id.end()) {
      candidate.judged = judged->second;
    }
    if (const auto protocol = (*benchmark)->FindProtocol(run.spec.settings.protocol);
        protocol.ok()) {
      candidate.protocol = *protocol;
      candidate.is_default_protocol = IsDefault(**benchmark, **protocol);
    }
    if (samples > 1) candidate.sampling_protocol = FindSampling(**benchmark, samples);
    const auto current = data.find(run.spec.benchmark);
    candidate.is_current_data = current != data.end() && current->second == run.spec.dataset_sha256;
    candidates.benchmarks.push_back(*std::move(benchmark));
  }
  return candidates;
}

// The protocol's own metric: over all, and of each group where `groups` says so.
std::vector<Metric> OwnMetrics(const Benchmark& benchmark, const ProtocolSpec& protocol,
                               const std::vector<GroupCount>& counts, bool groups) {
  const std::vector<Metric> all = ComputeMetrics(benchmark, protocol, counts);
  std::vector<Metric> own;
  for (const Metric& metric : all) {
    if (metric.name != all.front().name || absl::StrContains(metric.group, ':')) continue;
    if (metric.group.empty() || groups) own.push_back(metric);
  }
  return own;
}

}  // namespace

absl::StatusOr<LeaderboardData> LeaderboardReader::Read(const LeaderboardQuery& query) {
  LeaderboardData result;
  ASSAY_ASSIGN_OR_RETURN(const std::vector<DatasetInfo> datasets, parts_.datasets->List());
  ASSAY_ASSIGN_OR_RETURN(const CurrentData data, FindCurrentData(datasets, query.datasets));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<RunSummary> runs, parts_.runs->Runs());
  ASSAY_ASSIGN_OR_RETURN(const Candidates candidates,
                         MakeCandidates(runs, data, query.samples, *parts_.catalog));
  PickedRuns picked = PickRuns(candidates.all, query);
  result.omissions = std::move(picked.omissions);

  std::vector<int64_t> run_ids;
  for (const Candidate& candidate : picked.picked) run_ids.push_back(candidate.run.spec.run_id);
  ASSAY_ASSIGN_OR_RETURN(const auto groups, parts_.runs->Groups(run_ids));
  for (Candidate& candidate : picked.picked) {
    const auto counts = groups.find(candidate.run.spec.run_id);
    if (counts == groups.end()) continue;
    ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Benchmark> benchmark,
                           parts_.catalog->Of(candidate.run.spec));
    LeaderboardCell& cell = result.cells.emplace_back();
    cell.metrics = OwnMetrics(*benchmark, GradedBy(*candidate.protocol, candidate.run.grader),
                              counts->second, query.groups);
    cell.model = candidate.run.spec.judged_run != 0 ? candidate.run.spec.judged_model
                                                    : candidate.run.spec.model_name;
    cell.state = candidate.run.state;
    cell.items = candidate.run.items;
    cell.items_done = candidate.run.items_done;
    cell.partial = cell.state != State::kCompleted || candidate.run.spec.settings.limit != 0 ||
                   (candidate.judged != nullptr && candidate.judged->spec.settings.limit != 0);
    cell.run = std::move(candidate.run.spec);
  }
  ASSAY_ASSIGN_OR_RETURN(result.models, parts_.models->List(/*with_removed=*/true));
  ASSAY_ASSIGN_OR_RETURN(result.facts, parts_.facts->List());
  if (query.baselines) {
    ASSAY_ASSIGN_OR_RETURN(result.baselines, parts_.baselines->List(/*rows=*/true));
  }
  return result;
}

}  // namespace assay
