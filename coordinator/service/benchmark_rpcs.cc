#include "coordinator/service/benchmark_rpcs.h"

#include <string>

#include "common/base/status_macros.h"
#include "common/rpc/field_check.h"
#include "coordinator/service/dataset_upload.h"
#include "coordinator/service/responses.h"

namespace assay {
namespace {

constexpr size_t kMostPathBytes = 300;

}  // namespace

absl::Status AddBenchmark(BenchmarkCatalog& catalog, const v1::AddBenchmarkRequest& request,
                          v1::AddBenchmarkResponse* response) {
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("text", request.text()));
  const std::string path =
      request.path().empty() ? "benchmark" : request.path().substr(0, kMostPathBytes);
  ASSAY_ASSIGN_OR_RETURN(const BenchmarkCatalog::Added added, catalog.Add(path, request.text()));
  *response->mutable_benchmark() = MakeBenchmarkInfo(*added.benchmark);
  response->set_existed(added.existed);
  return absl::OkStatus();
}

absl::Status GetBenchmark(BenchmarkCatalog& catalog, const v1::GetBenchmarkRequest& request,
                          v1::GetBenchmarkResponse* response) {
  ASSAY_RETURN_IF_ERROR(CheckUserName("benchmark name", request.name()));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("version", request.version(), 0));
  ASSAY_ASSIGN_OR_RETURN(const BenchmarkCatalog::Described described,
                         catalog.Describe(request.name(), request.version()));
  *response->mutable_benchmark() = MakeBenchmarkInfo(*described.benchmark);
  if (const BenchmarkSource* source = described.benchmark->source(); source != nullptr) {
    response->set_text(source->text);
  }
  response->set_runs(described.runs);
  return absl::OkStatus();
}

absl::Status RemoveBenchmark(BenchmarkCatalog& catalog, const v1::RemoveBenchmarkRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckUserName("benchmark name", request.name()));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("version", request.version(), 0));
  return catalog.Remove(request.name(), request.version());
}

}  // namespace assay
