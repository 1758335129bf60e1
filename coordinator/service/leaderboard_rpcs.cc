#include "coordinator/service/leaderboard_rpcs.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert_leaderboard.h"
#include "coordinator/service/dataset_upload.h"

namespace assay {

LeaderboardRpcs::LeaderboardRpcs(Database* database, DatasetStore* datasets, ModelStore* models,
                                 BenchmarkCatalog* catalog)
    : facts_(database),
      baselines_(database),
      runs_(database),
      reader_({&runs_, datasets, models, &facts_, &baselines_, catalog}) {}

absl::StatusOr<v1::PutModelFactsResponse> LeaderboardRpcs::Put(
    const v1::PutModelFactsRequest& request) {
  std::vector<ModelFacts> all;
  std::set<std::string> names;
  for (const v1::ModelFacts& proto : request.facts()) {
    ASSAY_ASSIGN_OR_RETURN(ModelFacts facts, FromProto(proto));
    if (!names.insert(facts.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("PutModelFactsRequest.facts: model ", facts.name, " comes twice"));
    }
    all.push_back(std::move(facts));
  }
  ASSAY_ASSIGN_OR_RETURN(const ModelFactsStore::Counts counts, facts_.Put(all));
  v1::PutModelFactsResponse response;
  response.set_added(counts.added);
  response.set_changed(counts.changed);
  return response;
}

absl::StatusOr<v1::ListModelFactsResponse> LeaderboardRpcs::List(
    const v1::ListModelFactsRequest& request) {
  v1::ListModelFactsResponse response;
  if (!request.name().empty()) {
    ASSAY_RETURN_IF_ERROR(CheckUserName("model name", request.name()));
    ASSAY_ASSIGN_OR_RETURN(const ModelFacts facts, facts_.Find(request.name()));
    *response.add_facts() = ToProto(facts);
    return response;
  }
  ASSAY_ASSIGN_OR_RETURN(const std::vector<ModelFacts> all, facts_.List());
  for (const ModelFacts& facts : all) *response.add_facts() = ToProto(facts);
  return response;
}

absl::StatusOr<v1::ImportBaselineResponse> LeaderboardRpcs::Import(
    const v1::ImportBaselineRequest& request) {
  ASSAY_ASSIGN_OR_RETURN(const Baseline baseline, FromProto(request.baseline()));
  ASSAY_RETURN_IF_ERROR(CheckUserName("baseline name", baseline.name));
  v1::ImportBaselineResponse response;
  ASSAY_ASSIGN_OR_RETURN(const bool existed, baselines_.Import(baseline));
  response.set_existed(existed);
  return response;
}

absl::StatusOr<v1::ListBaselinesResponse> LeaderboardRpcs::List(
    const v1::ListBaselinesRequest& request) {
  ASSAY_ASSIGN_OR_RETURN(const std::vector<Baseline> baselines, baselines_.List(request.rows()));
  v1::ListBaselinesResponse response;
  for (const Baseline& baseline : baselines) *response.add_baselines() = ToProto(baseline);
  return response;
}

absl::StatusOr<v1::RemoveBaselineResponse> LeaderboardRpcs::Remove(
    const v1::RemoveBaselineRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckUserName("baseline name", request.name()));
  ASSAY_RETURN_IF_ERROR(baselines_.Remove(request.name()));
  return v1::RemoveBaselineResponse();
}

absl::StatusOr<v1::GetLeaderboardResponse> LeaderboardRpcs::Get(
    const v1::GetLeaderboardRequest& request) {
  ASSAY_ASSIGN_OR_RETURN(const LeaderboardQuery query, FromProto(request));
  ASSAY_ASSIGN_OR_RETURN(const LeaderboardData data, reader_.Read(query));
  return ToProto(data);
}

}  // namespace assay
