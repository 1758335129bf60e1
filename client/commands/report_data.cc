#include "client/commands/report_data.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "assay/v1/rating_service.grpc.pb.h"
#include "client/commands/leaderboard_items.h"
#include "client/commands/other_service.h"
#include "client/commands/runs_name.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

absl::StatusOr<LeaderboardCell> CellOf(const v1::RunResult& result) {
  ASSAY_ASSIGN_OR_RETURN(const RunProgress run, FromProto(result.run()));
  LeaderboardCell cell;
  cell.run = run.spec;
  cell.model = run.spec.judged_run != 0 ? run.spec.judged_model : run.spec.model_name;
  cell.state = run.state;
  cell.items = run.items;
  cell.items_done = run.items_done;
  cell.partial = run.state != State::kCompleted || run.spec.settings.limit != 0;
  for (const v1::Metric& metric : result.metrics()) {
    ASSAY_ASSIGN_OR_RETURN(Metric each, FromProto(metric));
    cell.metrics.push_back(std::move(each));
  }
  return cell;
}

// What two runs of a benchmark must have alike to stand in one column.
absl::Status CheckAlike(const LeaderboardCell& a, const LeaderboardCell& b) {
  const auto differ = [&](const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat("runs ", a.run.run_id, " and ", b.run.run_id,
                                                   " of ", a.run.benchmark, " have other ", what,
                                                   "; a report sets alike runs side by side"));
  };
  if (a.run.settings.protocol != b.run.settings.protocol ||
      a.run.settings.protocol_version != b.run.settings.protocol_version) {
    return differ("protocols");
  }
  if (a.run.dataset_sha256 != b.run.dataset_sha256) return differ("data");
  return absl::OkStatus();
}

// Model, benchmark and what a judge looked at.
using Place = std::tuple<std::string, std::string, std::string>;

Place PlaceOf(const LeaderboardCell& cell) {
  const bool judged = cell.run.judged_run != 0 && !cell.metrics.empty();
  return {cell.model, cell.run.benchmark, judged ? cell.metrics.front().name : ""};
}

}  // namespace

absl::StatusOr<ReportData> FetchNewest(Service& service, LeaderboardQuery query) {
  ReportData data;
  query.groups = true;
  query.baselines = true;
  ASSAY_ASSIGN_OR_RETURN(data.few, FetchLeaderboard(service, query));
  query.groups = false;
  query.baselines = false;
  query.shots = 0;
  ASSAY_ASSIGN_OR_RETURN(LeaderboardData zero, FetchLeaderboard(service, query));
  data.zero = std::move(zero.cells);
  return data;
}

absl::StatusOr<ReportData> FetchNamed(Service& service, absl::Span<const std::string> names,
                                      LeaderboardQuery query) {
  ReportData data;
  query.baselines = true;
  ASSAY_ASSIGN_OR_RETURN(data.few, FetchLeaderboard(service, query));
  std::map<Place, LeaderboardCell> few, zero;
  std::map<std::pair<std::string, std::string>, const LeaderboardCell*> first;
  for (const std::string& text : names) {
    ASSAY_ASSIGN_OR_RETURN(const RunsName name, ParseRunsName(text));
    v1::GetResultsRequest request;
    request.set_job_id(name.job_id);
    request.set_run_id(name.run_id);
    ASSAY_ASSIGN_OR_RETURN(const v1::GetResultsResponse response,
                           service.Call(&v1::EvaluationService::Stub::GetResults, request));
    for (const v1::RunResult& result : response.runs()) {
      ASSAY_ASSIGN_OR_RETURN(LeaderboardCell cell, CellOf(result));
      if (cell.metrics.empty()) continue;
      const Place place = PlaceOf(cell);
      const bool is_zero = cell.run.judged_run == 0 && cell.run.settings.shots == 0;
      LeaderboardCell& kept = (is_zero ? zero : few)[place] = std::move(cell);
      const auto [other, is_new] =
          first.emplace(std::make_pair(kept.run.benchmark, std::get<2>(place)), &kept);
      if (!is_new) ASSAY_RETURN_IF_ERROR(CheckAlike(*other->second, kept));
    }
  }
  data.few.cells.clear();
  // A model that was asked without examples only is shown as it was asked.
  for (auto& [place, cell] : zero) {
    if (few.count(place) == 0) few[place] = cell;
    data.zero.push_back(std::move(cell));
  }
  for (auto& [place, cell] : few) data.few.cells.push_back(std::move(cell));
  return data;
}

absl::StatusOr<std::vector<ShotsDifference>> FetchShots(Service& service, const ReportData& data) {
  std::map<Place, const LeaderboardCell*> zero;
  for (const LeaderboardCell& cell : data.zero) zero[PlaceOf(cell)] = &cell;
  std::vector<ShotsDifference> differences;
  for (const LeaderboardCell& few : data.few.cells) {
    const auto other = zero.find(PlaceOf(few));
    if (other == zero.end() || few.run.judged_run != 0 || few.metrics.empty() ||
        few.run.run_id == other->second->run.run_id || other->second->metrics.empty()) {
      continue;
    }
    ShotsDifference difference;
    difference.model = few.model;
    difference.benchmark = few.run.benchmark;
    difference.few_shots = few.run.settings.shots;
    difference.few = few.metrics.front().value;
    difference.zero = other->second->metrics.front().value;
    ASSAY_ASSIGN_OR_RETURN(difference.difference,
                           FetchDifference(service, few.run.run_id, other->second->run.run_id));
    differences.push_back(std::move(difference));
  }
  return differences;
}

absl::StatusOr<std::vector<RaterAgreement>> FetchAgreement(Service& service,
                                                           const ReportData& data) {
  std::set<int64_t> runs;
  for (const LeaderboardCell& cell : data.few.cells) {
    runs.insert(cell.run.judged_run != 0 ? cell.run.judged_run : cell.run.run_id);
  }
  std::vector<RaterAgreement> all;
  ASSAY_ASSIGN_OR_RETURN(const v1::ListCampaignsResponse campaigns,
                         CallOf<v1::RatingService>(service, &v1::RatingService::Stub::ListCampaigns,
                                                   v1::ListCampaignsRequest()));
  for (const v1::Campaign& campaign : campaigns.campaigns()) {
    const bool is_shown = std::any_of(campaign.runs().begin(), campaign.runs().end(),
                                      [&](int64_t run) { return runs.contains(run); });
    if (!is_shown || campaign.ratings_done() == 0) continue;
    v1::GetRatingAgreementRequest request;
    request.set_campaign_id(campaign.campaign_id());
    ASSAY_ASSIGN_OR_RETURN(
        const v1::RatingAgreement told,
        CallOf<v1::RatingService>(service, &v1::RatingService::Stub::GetRatingAgreement, request));
    for (const v1::CriterionAgreement& criterion : told.criteria()) {
      all.push_back({criterion.criterion(),
                     absl::StrCat("People of ", campaign.name()),
                     criterion.answers(),
                     "Krippendorff's alpha",
                     criterion.alpha(),
                     {criterion.alpha_low(), criterion.alpha_high()}});
      for (const v1::RaterPairAgreement& pair : criterion.judges()) {
        all.push_back({criterion.criterion(),
                       absl::StrCat("People of ", campaign.name(), " and judge ", pair.second()),
                       pair.answers(),
                       "Spearman's rho",
                       pair.spearman(),
                       {pair.spearman_low(), pair.spearman_high()}});
      }
    }
  }
  return all;
}

}  // namespace assay
