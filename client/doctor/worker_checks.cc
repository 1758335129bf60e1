#include "client/doctor/worker_checks.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace assay {
namespace {

constexpr char kWorkers[] = "workers";

std::string Counts(const std::map<std::string, int>& counts) {
  return absl::StrJoin(counts, ", ", [](std::string* out, const auto& entry) {
    absl::StrAppend(out, entry.second, " × ", entry.first);
  });
}

void CheckEngines(const std::map<std::string, int>& engines, Findings* findings) {
  if (engines.size() < 2) return;
  findings->push_back(
      {Level::kNote, kWorkers,
       absl::StrCat("are of several engines (", Counts(engines),
                    "); a run is computed by workers of one"),
       "where all are CPUs, ASSAY_CPU_KERNELS=avx2 (or avx512) on all workers makes them alike"});
}

void CheckSandboxes(const std::vector<std::string>& weak, Findings* findings) {
  if (weak.empty()) return;
  findings->push_back(
      {Level::kWarning, kWorkers,
       absl::StrCat("run programs of models with limits only, not apart from their machines: ",
                    absl::StrJoin(weak, ", ")),
       "start them with --sandbox namespaces where their machines allow it (docs/sandbox.md), or "
       "keep them on machines that hold nothing of value"});
}

}  // namespace

Findings CheckWorkers(const v1::DatabaseDiagnostics& database) {
  Findings findings;
  std::map<std::string, int> engines;
  std::map<std::string, int> devices;
  std::vector<std::string> weak;
  int connected = 0;
  int gone = 0;
  for (const v1::DatabaseWorker& entry : database.workers()) {
    if (!entry.connected()) {
      ++gone;
      continue;
    }
    const v1::WorkerInfo& worker = entry.worker();
    ++connected;
    ++engines[worker.engine_version()];
    ++devices[worker.device()];
    if (worker.sandbox() == "rlimits") weak.push_back(worker.worker_id());
  }
  if (connected == 0) {
    findings.push_back({database.pending_shards() > 0 ? Level::kProblem : Level::kWarning, kWorkers,
                        absl::StrCat("none is connected, ", gone, " were within the last day, and ",
                                     database.pending_shards(), " shards wait"),
                        "start assay-worker --coordinator HOST:PORT, and see what it logs"});
  } else {
    findings.push_back({Level::kOk, kWorkers,
                        absl::StrCat(connected, " connected: ", Counts(devices), "; ", gone,
                                     " more within the last day")});
  }
  CheckEngines(engines, &findings);
  CheckSandboxes(weak, &findings);
  if (database.overdue_leases() > 0) {
    findings.push_back({Level::kWarning, kWorkers,
                        absl::StrCat(database.overdue_leases(), " leases are past their deadlines"),
                        "a coordinator takes them back within seconds; if they stay, see its log"});
  }
  return findings;
}

}  // namespace assay
