#include "client/sweep/sweep.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/domain/run_settings.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

// The names in `list`, or the one that stands for what there is by itself.
template <typename Value>
std::vector<std::optional<Value>> OrItself(const std::vector<Value>& list) {
  std::vector<std::optional<Value>> values(list.begin(), list.end());
  if (values.empty()) values.emplace_back();
  return values;
}

// By what an import was called, or by the benchmark's own name; null where there is none, which
// the coordinator will say better.
const v1::BenchmarkInfo* FindBenchmark(const std::string& name,
                                       const v1::ListBenchmarksResponse& benchmarks,
                                       const v1::ListDatasetsResponse& datasets) {
  std::string benchmark = name;
  for (const v1::DatasetInfo& dataset : datasets.datasets()) {
    if (dataset.name() == name) benchmark = dataset.benchmark();
  }
  for (const v1::BenchmarkInfo& info : benchmarks.benchmarks()) {
    if (info.name() == benchmark) return &info;
  }
  return nullptr;
}

bool HasProtocol(const v1::BenchmarkInfo& benchmark, const std::string& name) {
  return std::any_of(benchmark.protocols().begin(), benchmark.protocols().end(),
                     [&name](const v1::ProtocolInfo& protocol) { return protocol.name() == name; });
}

absl::StatusOr<std::vector<v1::RunSettings>> AllSettings(const Sweep& sweep) {
  std::vector<v1::RunSettings> all;
  for (const auto& precision : OrItself(sweep.precisions)) {
    for (const auto& prompt_template : OrItself(sweep.templates)) {
      for (const auto& shots : OrItself(sweep.shots)) {
        RunSettings settings;
        settings.limit = sweep.limit;
        if (precision.has_value()) {
          ASSAY_ASSIGN_OR_RETURN(settings.precision, ParsePrecision(*precision));
        }
        if (prompt_template.has_value()) {
          ASSAY_ASSIGN_OR_RETURN(settings.prompt_template, ParsePromptTemplate(*prompt_template));
        }
        if (shots.has_value()) settings.shots = static_cast<int>(*shots);
        all.push_back(ToProto(settings));
      }
    }
  }
  return all;
}

}  // namespace

absl::StatusOr<ExpandedSweep> Expand(const Sweep& sweep,
                                     const v1::ListBenchmarksResponse& benchmarks,
                                     const v1::ListDatasetsResponse& datasets) {
  ASSAY_ASSIGN_OR_RETURN(const std::vector<v1::RunSettings> all, AllSettings(sweep));
  ExpandedSweep expanded;
  for (const auto& protocol : OrItself(sweep.protocols)) {
    std::vector<std::string> asked;
    for (const std::string& name : sweep.benchmarks) {
      const v1::BenchmarkInfo* info = FindBenchmark(name, benchmarks, datasets);
      if (protocol.has_value() && info != nullptr && !HasProtocol(*info, *protocol)) {
        expanded.left_out.push_back(absl::StrCat(name, " has no protocol ", *protocol));
      } else {
        asked.push_back(name);
      }
    }
    if (asked.empty()) continue;
    for (const v1::RunSettings& settings : all) {
      v1::SubmitJobRequest& part = *expanded.request.add_parts();
      part.mutable_models()->Add(sweep.models.begin(), sweep.models.end());
      part.mutable_benchmarks()->Add(asked.begin(), asked.end());
      *part.mutable_settings() = settings;
      part.mutable_settings()->set_protocol(protocol.value_or(""));
    }
  }
  if (expanded.request.parts().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("nothing is left of the sweep: ", absl::StrJoin(expanded.left_out, ", ")));
  }
  return expanded;
}

}  // namespace assay
