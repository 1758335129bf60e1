#include "coordinator/service/browse_service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"
#include "common/leaderboard/table.h"
#include "common/rpc/convert.h"
#include "common/rpc/convert_leaderboard.h"
#include "common/rpc/timestamp.h"
#include "coordinator/service/comparison.h"
#include "coordinator/service/ranking.h"
#include "coordinator/service/responses.h"
#include "coordinator/service/run_scores.h"
#include "coordinator/service/sample_messages.h"

namespace assay {
namespace {

constexpr int kMostComparisons = 2;
constexpr int kDefaultEvents = 100;
constexpr int kMostEvents = 1000;

grpc::Status TooManyComparisons() {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED,
          "other comparisons are being computed; try again in a few seconds"};
}

template <typename Response>
grpc::Status Answer(absl::StatusOr<Response> made, Response* response) {
  if (!made.ok()) return ToGrpcStatus(made.status());
  *response = *std::move(made);
  return grpc::Status::OK;
}

absl::StatusOr<std::vector<LeaderboardColumn>> AskedColumns(
    const v1::GetLeaderboardTableRequest& request) {
  if (request.benchmarks_size() > 0) {
    return ColumnsOf(
        std::vector<std::string>(request.benchmarks().begin(), request.benchmarks().end()));
  }
  ASSAY_ASSIGN_OR_RETURN(const LeaderboardView view,
                         ParseLeaderboardView(request.view().empty() ? "suite" : request.view()));
  return ColumnsOf(view);
}

v1::LeaderboardTableScore ToProto(const TableScore& score) {
  v1::LeaderboardTableScore proto;
  proto.set_value(score.value);
  if (score.standard_error.has_value()) proto.set_standard_error(*score.standard_error);
  if (score.low.has_value()) proto.set_low(*score.low);
  if (score.high.has_value()) proto.set_high(*score.high);
  proto.set_items(score.items);
  proto.set_errors(score.errors);
  proto.set_run_id(score.run_id);
  proto.set_partial(score.partial);
  if (score.difference.has_value()) proto.set_difference(*score.difference);
  return proto;
}

absl::StatusOr<v1::GetLeaderboardTableResponse> MakeLeaderboardTable(
    const v1::GetLeaderboardTableRequest& request, LeaderboardRpcs& leaderboard) {
  ASSAY_ASSIGN_OR_RETURN(const std::vector<LeaderboardColumn> columns, AskedColumns(request));
  v1::GetLeaderboardRequest query;
  query.set_protocol(request.protocol());
  if (request.has_shots()) query.set_shots(request.shots());
  query.set_precision(request.precision());
  query.set_prompt_template(request.prompt_template());
  *query.mutable_datasets() = request.datasets();
  query.set_partial(request.partial());
  query.set_baselines(request.baselines());
  query.set_samples(request.samples());
  query.set_groups(NeedGroups(columns));
  ASSAY_ASSIGN_OR_RETURN(const v1::GetLeaderboardResponse cells, leaderboard.Get(query));
  ASSAY_ASSIGN_OR_RETURN(const LeaderboardData data, FromProto(cells));
  v1::GetLeaderboardTableResponse response;
  for (const LeaderboardColumn& column : columns) {
    v1::LeaderboardTableColumn* added = response.add_columns();
    added->set_key(column.key);
    added->set_title(column.title);
    added->set_benchmark(column.benchmark);
    added->set_criterion(column.criterion);
    added->set_group(column.group);
    added->set_is_rating(column.is_rating);
    if (column.key == kAverageKey) {
      const std::vector<std::string>& of = PublishedTables().front().averages.front().of;
      added->mutable_averages()->Add(of.begin(), of.end());
    }
  }
  for (const TableRow& row : MakeTable(data, columns)) {
    v1::LeaderboardTableRow* added = response.add_rows();
    added->set_model(row.model);
    added->set_baseline(row.baseline);
    added->set_same_as(row.same_as);
    *added->mutable_facts() = ToProto(row.facts);
    for (const auto& [key, score] : row.scores) (*added->mutable_scores())[key] = ToProto(score);
  }
  *response.mutable_omissions() = cells.omissions();
  return response;
}

}  // namespace

grpc::Status BrowseServiceImpl::ListSamples(grpc::ServerContext*,
                                            const v1::ListSamplesRequest* request,
                                            v1::ListSamplesResponse* response) {
  const absl::StatusOr<SampleFilter> filter = ReadSampleFilter(*request);
  if (!filter.ok()) return ToGrpcStatus(filter.status());
  const absl::StatusOr<SamplePage> page = ReadSamplePage(*request);
  if (!page.ok()) return ToGrpcStatus(page.status());
  const absl::StatusOr<SampleRows> rows = samples_.List(*filter, *page);
  if (!rows.ok()) return ToGrpcStatus(rows.status());
  *response = MakeSamples(*rows);
  return grpc::Status::OK;
}

absl::StatusOr<v1::Sample> BrowseServiceImpl::ReadSample(const v1::GetSampleRequest& request) {
  const PredictionPosition before = {request.run_id(), request.item_ordinal(),
                                     request.sample_index() - 1};
  ASSAY_ASSIGN_OR_RETURN(
      const PredictionPage page,
      parts_.predictions->List({.run_id = request.run_id(), .other_scores = true}, before,
                               /*limit=*/1, /*limit_bytes=*/1));
  if (page.predictions.empty() ||
      page.predictions.front().position.ordinal != request.item_ordinal() ||
      page.predictions.front().position.sample_index != request.sample_index()) {
    return absl::NotFoundError(absl::StrCat("run ", request.run_id(),
                                            " has no prediction for item ", request.item_ordinal(),
                                            ", sample ", request.sample_index()));
  }
  const StoredPrediction& stored = page.predictions.front();
  ASSAY_ASSIGN_OR_RETURN(const JudgedRun run, parts_.answers->Find(request.run_id()));
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Dataset> dataset,
                         parts_.cache->Get(run.spec.benchmark, run.spec.dataset_sha256));
  v1::Sample sample;
  *sample.mutable_spec() = assay::ToProto(run.spec);
  *sample.mutable_prediction() = MakeGradedPrediction(stored);
  sample.set_output(PlainUtf8(stored.prediction.output));
  sample.set_samples(run.spec.settings.sampling.samples);
  const Item* found = dataset->Find(request.item_ordinal());
  if (found == nullptr) return absl::InternalError("the data set has no such item");
  Item item = *found;
  ASSAY_RETURN_IF_ERROR(parts_.answers->AddAnswers(run.spec, absl::MakeSpan(&item, 1)));
  *sample.mutable_item() = assay::ToProto(item);
  // Of runs from elsewhere, and of earlier versions, what the shots were is not known.
  const absl::StatusOr<std::shared_ptr<const Benchmark>> benchmark = parts_.catalog->Of(run.spec);
  const absl::StatusOr<std::shared_ptr<const ProtocolSpec>> protocol =
      parts_.catalog->ProtocolOf(run.spec);
  if (!benchmark.ok() || !protocol.ok() ||
      (*protocol)->version != run.spec.settings.protocol_version) {
    return sample;
  }
  const absl::StatusOr<Selection> selection =
      (*benchmark)->Select(**protocol, run.spec.settings.shots, dataset->Group(item.group));
  if (!selection.ok()) return sample;
  const size_t used = std::min(selection->shots.size(),
                               static_cast<size_t>(std::max(0, stored.prediction.shots_used)));
  for (size_t i = 0; i < used; ++i) *sample.add_shots() = assay::ToProto(selection->shots[i]);
  return sample;
}

grpc::Status BrowseServiceImpl::GetSample(grpc::ServerContext*, const v1::GetSampleRequest* request,
                                          v1::Sample* response) {
  return Answer(ReadSample(*request), response);
}

absl::StatusOr<v1::GetRunScoresResponse> BrowseServiceImpl::ReadScores(int64_t run_id) {
  ASSAY_ASSIGN_OR_RETURN(const RunScores scores, parts_.scores->Get(run_id));
  return MakeRunScores(*parts_.catalog, scores);
}

grpc::Status BrowseServiceImpl::CompareRuns(grpc::ServerContext*,
                                            const v1::CompareRunsRequest* request,
                                            v1::CompareRunsResponse* response) {
  if (const absl::Status checked = CheckComparison(*request); !checked.ok()) {
    return ToGrpcStatus(checked);
  }
  const absl::Cleanup done = [this] { --comparisons_; };
  if (++comparisons_ > kMostComparisons) return TooManyComparisons();
  RunGroup runs;
  for (const int64_t run_id : request->run_ids()) {
    absl::StatusOr<v1::GetRunScoresResponse> run = ReadScores(run_id);
    if (!run.ok()) return ToGrpcStatus(run.status());
    runs.push_back(*std::move(run));
  }
  return Answer(CompareRunGroup(*request, runs, *parts_.catalog), response);
}

grpc::Status BrowseServiceImpl::ListDifferences(grpc::ServerContext*,
                                                const v1::ListDifferencesRequest* request,
                                                v1::ListDifferencesResponse* response) {
  const absl::StatusOr<DifferenceFilter> filter = ReadDifferenceFilter(*request);
  if (!filter.ok()) return ToGrpcStatus(filter.status());
  const absl::StatusOr<SamplePage> page = ReadSamplePage(*request);
  if (!page.ok()) return ToGrpcStatus(page.status());
  const absl::StatusOr<DifferenceRows> rows = samples_.ListDifferences(*filter, *page);
  if (!rows.ok()) return ToGrpcStatus(rows.status());
  *response = MakeDifferences(*rows);
  return grpc::Status::OK;
}

grpc::Status BrowseServiceImpl::GetLeaderboardTable(grpc::ServerContext*,
                                                    const v1::GetLeaderboardTableRequest* request,
                                                    v1::GetLeaderboardTableResponse* response) {
  return Answer(MakeLeaderboardTable(*request, *parts_.leaderboard), response);
}

grpc::Status BrowseServiceImpl::ListLeases(grpc::ServerContext*,
                                           const v1::ListLeasesRequest* request,
                                           v1::ListLeasesResponse* response) {
  const absl::StatusOr<std::vector<LeaseAtWork>> leases = activity_.Leases(request->job_id());
  if (!leases.ok()) return ToGrpcStatus(leases.status());
  for (const LeaseAtWork& held : *leases) {
    v1::LeaseStatus* lease = response->add_leases();
    lease->set_worker_id(held.worker_id);
    lease->set_job_id(held.job_id);
    lease->set_run_id(held.run_id);
    lease->set_benchmark(held.benchmark);
    lease->set_model(held.model);
    lease->set_shard_id(held.shard_id);
    lease->set_items(held.items);
    lease->set_attempt(held.attempt);
    SetTimestamp(held.deadline, lease->mutable_deadline());
  }
  return grpc::Status::OK;
}

grpc::Status BrowseServiceImpl::ListEvents(grpc::ServerContext*,
                                           const v1::ListEventsRequest* request,
                                           v1::ListEventsResponse* response) {
  const int limit = request->limit() == 0 ? kDefaultEvents : request->limit();
  if (limit < 0 || limit > kMostEvents) {
    return {grpc::StatusCode::INVALID_ARGUMENT,
            absl::StrCat("limit: must be between 0 and ", kMostEvents)};
  }
  const absl::StatusOr<std::vector<StoredEvent>> events =
      activity_.Events(request->job_id(), limit);
  if (!events.ok()) return ToGrpcStatus(events.status());
  for (const StoredEvent& stored : *events) {
    v1::JobEvent* event = response->add_events();
    event->set_event_id(stored.event_id);
    SetTimestamp(stored.happened, event->mutable_happened());
    event->set_kind(stored.kind);
    event->set_run_id(stored.run_id);
    event->set_shard_id(stored.shard_id);
    event->set_message(stored.message);
  }
  return grpc::Status::OK;
}

grpc::Status BrowseServiceImpl::RankRuns(grpc::ServerContext*, const v1::RankRunsRequest* request,
                                         v1::RankRunsResponse* response) {
  if (const absl::Status checked = CheckRanking(*request); !checked.ok()) {
    return ToGrpcStatus(checked);
  }
  const absl::Cleanup done = [this] { --comparisons_; };
  if (++comparisons_ > kMostComparisons) return TooManyComparisons();
  RunRanking ranking(*request);
  RunGroup runs;
  for (const int64_t run_id : request->run_ids()) {
    absl::StatusOr<v1::GetRunScoresResponse> run = ReadScores(run_id);
    if (!run.ok()) return ToGrpcStatus(run.status());
    runs.push_back(*std::move(run));
    if (static_cast<int>(runs.size()) < request->models()) continue;
    if (const absl::Status added = ranking.Add(runs); !added.ok()) return ToGrpcStatus(added);
    runs.clear();
  }
  *response = ranking.Finish();
  return grpc::Status::OK;
}

}  // namespace assay
