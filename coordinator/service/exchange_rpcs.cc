#include "coordinator/service/exchange_rpcs.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "coordinator/service/run_upload.h"

namespace assay {
namespace {

// Below gRPC's usual limit of a message.
constexpr size_t kPageBytes = 2 << 20;
constexpr int kMostImports = 2;

v1::RescoredRun ToProto(const RescoredRun& run) {
  v1::RescoredRun proto;
  proto.set_run_id(run.rescoring.spec.run_id);
  proto.set_grader(run.grader.name);
  proto.set_grader_version(run.grader.version);
  proto.set_previous_grader(run.rescoring.previous.name);
  proto.set_previous_grader_version(run.rescoring.previous.version);
  proto.set_predictions(run.rescoring.predictions);
  proto.set_changed(run.rescoring.changed);
  return proto;
}

}  // namespace

ExchangeRpcs::ExchangeRpcs(Database* database, BenchmarkCatalog* catalog, DatasetCache* cache,
                           Clock* clock)
    : database_(database),
      catalog_(catalog),
      cache_(cache),
      clock_(clock),
      runs_(database),
      answers_(database),
      rescorer_(&runs_, &answers_, catalog, cache) {}

absl::StatusOr<int64_t> ExchangeRpcs::JobOf(int64_t run_id) {
  ASSAY_ASSIGN_OR_RETURN(const RunSpec run, runs_.FindRun(run_id));
  return run.job_id;
}

absl::StatusOr<v1::RescoreResponse> ExchangeRpcs::Rescore(const v1::RescoreRequest& request) {
  if ((request.job_id() == 0) == (request.run_id() == 0)) {
    return absl::InvalidArgumentError("one of job_id and run_id is needed, and not both");
  }
  std::vector<RescoredRun> runs;
  if (request.run_id() != 0) {
    ASSAY_ASSIGN_OR_RETURN(RescoredRun run,
                           rescorer_.RescoreRun(request.run_id(), request.grader()));
    runs.push_back(std::move(run));
  } else {
    ASSAY_ASSIGN_OR_RETURN(runs, rescorer_.RescoreJob(request.job_id(), request.grader()));
  }
  v1::RescoreResponse response;
  for (const RescoredRun& run : runs) *response.add_runs() = ToProto(run);
  return response;
}

absl::StatusOr<v1::ListItemsResponse> ExchangeRpcs::ListItems(const v1::ListItemsRequest& request) {
  if (request.from_ordinal() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("from_ordinal: must not be negative: ", request.from_ordinal()));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Dataset> dataset,
                         cache_->Get(request.benchmark(), request.sha256()));
  v1::ListItemsResponse response;
  size_t bytes = 0;
  for (int64_t ordinal = request.from_ordinal();; ++ordinal) {
    const Item* item = dataset->Find(ordinal);
    if (item == nullptr) return response;
    if (bytes > kPageBytes) {
      response.set_more(true);
      return response;
    }
    *response.add_items() = assay::ToProto(*item);
    bytes += response.items(response.items_size() - 1).ByteSizeLong();
  }
}

absl::StatusOr<v1::ImportRunsResponse> ExchangeRpcs::Import(
    const std::function<bool(v1::ImportRunsRequest*)>& read,
    const std::function<bool()>& is_whole) {
  v1::ImportRunsRequest request;
  if (!read(&request) || !request.has_header()) {
    return absl::InvalidArgumentError("the first message of an import must be its header");
  }
  const absl::Cleanup leave = [this] { --imports_; };
  if (++imports_ > kMostImports) {
    return absl::ResourceExhaustedError(
        absl::StrCat(kMostImports, " imports are under way; try again when they have ended"));
  }
  ASSAY_ASSIGN_OR_RETURN(
      const std::unique_ptr<RunUpload> upload,
      RunUpload::Start(request.header(), database_, catalog_, cache_, clock_->Now()));
  while (read(&request)) ASSAY_RETURN_IF_ERROR(upload->Add(request));
  if (!is_whole()) return absl::CancelledError("the import was broken off");
  ASSAY_ASSIGN_OR_RETURN(const ImportResult result, upload->Finish());
  v1::ImportRunsResponse response;
  response.set_job_id(result.job_id);
  for (const int64_t run_id : result.run_ids) response.add_run_ids(run_id);
  return response;
}

}  // namespace assay
