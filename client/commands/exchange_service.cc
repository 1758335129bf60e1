#include "client/commands/exchange_service.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

constexpr int kPageSize = 200;

absl::Status ForEachPrediction(Service& service, int64_t run_id, const TakePrediction& take) {
  v1::ListPredictionsRequest request;
  request.set_run_id(run_id);
  request.set_other_scores(true);
  request.set_page_size(kPageSize);
  while (true) {
    ASSAY_ASSIGN_OR_RETURN(const v1::ListPredictionsResponse page,
                           service.Call(&v1::EvaluationService::Stub::ListPredictions, request));
    for (const v1::GradedPrediction& graded : page.predictions()) {
      ASSAY_RETURN_IF_ERROR(take(graded));
    }
    if (page.next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(page.next_page_token());
  }
}

v1::DatasetInfo DatasetOf(const v1::RunSpec& spec, const v1::ListDatasetsResponse& datasets) {
  for (const v1::DatasetInfo& dataset : datasets.datasets()) {
    if (dataset.benchmark() == spec.benchmark() && dataset.sha256() == spec.dataset_sha256() &&
        dataset.name() == spec.dataset_name()) {
      return dataset;
    }
  }
  // Its name points to other data by now.
  v1::DatasetInfo dataset;
  dataset.set_benchmark(spec.benchmark());
  dataset.set_name(spec.dataset_name());
  dataset.set_sha256(spec.dataset_sha256());
  return dataset;
}

}  // namespace

absl::StatusOr<std::vector<v1::Item>> FetchItems(Service& service, const v1::DatasetInfo& dataset) {
  v1::ListItemsRequest request;
  request.set_benchmark(dataset.benchmark());
  request.set_sha256(dataset.sha256());
  std::vector<v1::Item> items;
  while (true) {
    ASSAY_ASSIGN_OR_RETURN(v1::ListItemsResponse page,
                           service.Call(&v1::EvaluationService::Stub::ListItems, request));
    for (v1::Item& item : *page.mutable_items()) items.push_back(std::move(item));
    if (!page.more() || items.empty()) return items;
    request.set_from_ordinal(items.back().ordinal() + 1);
  }
}

absl::StatusOr<ExportSource> MakeExportSource(Service& service, const RunsName& name) {
  v1::GetResultsRequest request;
  request.set_job_id(name.job_id);
  request.set_run_id(name.run_id);
  ASSAY_ASSIGN_OR_RETURN(v1::GetResultsResponse results,
                         service.Call(&v1::EvaluationService::Stub::GetResults, request));
  if (results.runs().empty()) return absl::NotFoundError("there is no such run");
  v1::ListModelsRequest models_request;
  models_request.set_with_removed(true);
  ASSAY_ASSIGN_OR_RETURN(const v1::ListModelsResponse models,
                         service.Call(&v1::EvaluationService::Stub::ListModels, models_request));
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListDatasetsResponse datasets,
      service.Call(&v1::EvaluationService::Stub::ListDatasets, v1::ListDatasetsRequest()));
  v1::GetJobRequest job_request;
  job_request.set_job_id(results.runs(0).run().spec().job_id());
  ASSAY_ASSIGN_OR_RETURN(const v1::JobProgress job,
                         service.Call(&v1::EvaluationService::Stub::GetJob, job_request));
  ExportSource source;
  source.submitted = FromTimestamp(job.submitted());
  for (v1::RunResult& result : *results.mutable_runs()) {
    const v1::RunProgress& run = result.run();
    if (run.state() == v1::STATE_PENDING || run.state() == v1::STATE_RUNNING) {
      return absl::FailedPreconditionError(
          absl::StrCat("run ", run.spec().run_id(),
                       " has not ended yet; what is exported must not change any more"));
    }
    ExportedRun& exported = source.runs.emplace_back();
    exported.dataset = DatasetOf(run.spec(), datasets);
    for (const v1::ModelSpec& model : models.models()) {
      if (model.name() == run.spec().model_name()) exported.model = model;
    }
    exported.result = std::move(result);
  }
  source.predictions = [&service](int64_t run_id, const TakePrediction& take) {
    return ForEachPrediction(service, run_id, take);
  };
  source.items = [&service](const v1::DatasetInfo& dataset) {
    return FetchItems(service, dataset);
  };
  return source;
}

absl::StatusOr<v1::ImportRunsResponse> CallImport(
    Service& service, const std::function<absl::Status(const SendImport&)>& produce) {
  grpc::ClientContext call;
  v1::ImportRunsResponse response;
  auto writer = service.stub().ImportRuns(&call, &response);
  bool is_refused = false;
  const absl::Status produced = produce([&](const v1::ImportRunsRequest& request) -> absl::Status {
    if (writer->Write(request)) return absl::OkStatus();
    is_refused = true;
    return absl::AbortedError("the coordinator takes no more");
  });
  // Where the coordinator had enough, what it says is the reason.
  if (!produced.ok() && !is_refused) {
    call.TryCancel();
    writer->Finish();
    return produced;
  }
  if (!is_refused) writer->WritesDone();
  if (const grpc::Status status = writer->Finish(); !status.ok()) return service.Explain(status);
  return response;
}

}  // namespace assay
