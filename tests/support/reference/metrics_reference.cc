// metrics_reference: prints docs/reference/metrics.md, from the metrics as the programs register
// them. tests/checks/reference.py compares; each metric has been told of something, so that it has
// series.
#include <prometheus/registry.h>

#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/metrics/process_metrics.h"
#include "coordinator/metrics/coordinator_metrics.h"
#include "coordinator/metrics/database_metrics.h"
#include "coordinator/metrics/queue_metrics.h"
#include "coordinator/metrics/rpc_metrics.h"
#include "tests/unit/worker/session/fakes.h"
#include "worker/metrics/device_metrics.h"
#include "worker/metrics/metered_model.h"
#include "worker/metrics/work_metrics.h"

namespace assay {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

const char* TypeName(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Histogram:
      return "histogram";
    default:
      return "";
  }
}

// As Prometheus's conventions put it into the name.
const char* UnitOf(const std::string& name) {
  if (absl::StrContains(name, "_tokens_") || absl::EndsWith(name, "_tokens")) return "tokens";
  for (const char* unit : {"seconds", "bytes", "ratio"}) {
    if (absl::EndsWith(name, absl::StrCat("_", unit)) ||
        absl::EndsWith(name, absl::StrCat("_", unit, "_total"))) {
      return unit;
    }
  }
  return "";
}

void Print(const char* title, std::vector<MetricFamily> families) {
  std::map<std::string, std::string> rows;
  for (const MetricFamily& family : families) {
    std::set<std::string> labels;
    for (const prometheus::ClientMetric& metric : family.metric) {
      for (const auto& label : metric.label) labels.insert(absl::StrCat("`", label.name, "`"));
    }
    rows[family.name] = absl::StrCat("| `", family.name, "` | ", TypeName(family.type), " | ",
                                     absl::StrJoin(labels, ", "), " | ", UnitOf(family.name), " | ",
                                     family.help, " |");
  }
  std::printf("\n## %s\n\n| metric | type | labels | unit | |\n|---|---|---|---|---|\n", title);
  for (const auto& [name, row] : rows) std::printf("%s\n", row.c_str());
}

void Append(std::vector<MetricFamily> more, std::vector<MetricFamily>* families) {
  for (MetricFamily& family : more) families->push_back(std::move(family));
}

std::vector<MetricFamily> OfCoordinator() {
  prometheus::Registry registry;
  LeaseMetrics leases(&registry);
  RunSpec run;
  run.judged_run = 1;
  const std::vector<GradedItem> items(1);
  leases.Committed({CommitOutcome::kAccepted, run, items, absl::Seconds(1), absl::Seconds(1)});
  RpcMetrics rpcs(&registry);
  rpcs.Called("method", "OK", absl::Seconds(1));
  DatabaseMetrics statements(&registry);
  statements.Transacted("f()", DatabaseObserver::Outcome::kCommitted, absl::Seconds(1));
  statements.Executed("SELECT 1", absl::Seconds(1));
  std::vector<MetricFamily> families = registry.Collect();
  QueueState queue;
  queue.workers["engine"] = 1;
  queue.runs.emplace_back();
  queue.data_directory = "/";
  Append(DescribeQueue(queue), &families);
  Database nowhere("postgresql://nobody@127.0.0.1:1/nothing", 1);
  Append(ConnectionMetrics(&nowhere).Collect(), &families);
  return families;
}

std::vector<MetricFamily> OfWorker() {
  prometheus::Registry registry;
  EngineMetrics engine(&registry);
  FakeWorld world;
  FakeLoader loader(&world);
  MeteredModelLoader metered(&loader, &engine, Clock::Real());
  ModelSpec spec;
  spec.name = "model";
  const auto model = metered.Load(spec, Precision::kFloat32);
  const WorkMetrics work(&registry);
  std::vector<MetricFamily> families = registry.Collect();
  Append(DeviceMetrics("cpu", [] { return DeviceUse(); }).Collect(), &families);
  return families;
}

}  // namespace
}  // namespace assay

int main() {
  std::printf(
      "# The metrics\n\nMade by `tests/checks/reference.py` from the programs' own registrations; "
      "[monitoring.md](../monitoring.md) tells what to do with them.\nBoth programs have "
      "`assay_build_info` as well (a gauge of 1 with the labels `version` and `engine`).\n");
  assay::Print("Coordinator", assay::OfCoordinator());
  assay::Print("Worker", assay::OfWorker());
  assay::Print("Both", assay::ProcessMetrics().Collect());
  return 0;
}
