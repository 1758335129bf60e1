#include "coordinator/web/api_route.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace assay {
namespace {

template <typename Service, typename Request, typename Response>
ApiRoute Route(std::string method, absl::string_view path, Service* service,
               grpc::Status (Service::*call)(grpc::ServerContext*, const Request*, Response*),
               const std::string& rpc) {
  ApiRoute route;
  route.method = std::move(method);
  route.path = absl::StrCat("/api/v1/", path);
  route.rpc = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      absl::StrCat("assay.v1.", rpc));
  route.request = &Request::default_instance();
  route.response = &Response::default_instance();
  route.call = [service, call](grpc::ServerContext* context,
                               const google::protobuf::Message& request,
                               google::protobuf::Message* response) {
    return (service->*call)(context, static_cast<const Request*>(&request),
                            static_cast<Response*>(response));
  };
  return route;
}

using Evaluation = v1::EvaluationService::Service;
using Browse = v1::BrowseService::Service;
using Rating = v1::RatingService::Service;
using Admin = v1::AdminService::Service;

#define ASSAY_GET(service, path, type, name) \
  Route("GET", path, services.service, &type::name, #type "Service." #name)
#define ASSAY_POST(service, path, type, name) \
  Route("POST", path, services.service, &type::name, #type "Service." #name)

std::vector<ApiRoute> EvaluationRoutes(const ApiServices& services) {
  return {ASSAY_GET(evaluation, "server", Evaluation, GetServerInfo),
          ASSAY_GET(evaluation, "benchmarks", Evaluation, ListBenchmarks),
          ASSAY_GET(evaluation, "benchmarks/{name}", Evaluation, GetBenchmark),
          ASSAY_GET(evaluation, "datasets", Evaluation, ListDatasets),
          ASSAY_GET(evaluation, "models", Evaluation, ListModels),
          ASSAY_GET(evaluation, "model-facts", Evaluation, ListModelFacts),
          ASSAY_GET(evaluation, "leaderboard", Evaluation, GetLeaderboard),
          ASSAY_GET(evaluation, "baselines", Evaluation, ListBaselines),
          ASSAY_GET(evaluation, "workers", Evaluation, ListWorkers),
          ASSAY_GET(evaluation, "jobs", Evaluation, ListJobs),
          ASSAY_GET(evaluation, "jobs/{job_id}", Evaluation, GetJob),
          ASSAY_GET(evaluation, "jobs/{job_id}/results", Evaluation, GetResults),
          ASSAY_POST(evaluation, "jobs/{job_id}/cancel", Evaluation, CancelJob),
          ASSAY_POST(evaluation, "jobs/{job_id}/pause", Evaluation, PauseJob),
          ASSAY_POST(evaluation, "jobs/{job_id}/resume", Evaluation, ResumeJob),
          ASSAY_GET(evaluation, "runs/{run_id}/results", Evaluation, GetResults),
          ASSAY_GET(evaluation, "predictions", Evaluation, ListPredictions)};
}

std::vector<ApiRoute> BrowseRoutes(const ApiServices& services) {
  return {ASSAY_GET(browse, "runs/{run_id}/samples", Browse, ListSamples),
          ASSAY_GET(browse, "runs/{run_id}/samples/{item_ordinal}", Browse, GetSample),
          ASSAY_GET(browse, "comparison", Browse, CompareRuns),
          ASSAY_GET(browse, "differences", Browse, ListDifferences),
          ASSAY_GET(browse, "leaderboard/table", Browse, GetLeaderboardTable),
          ASSAY_GET(browse, "ranks", Browse, RankRuns),
          ASSAY_GET(browse, "work", Browse, ListLeases),
          ASSAY_GET(browse, "jobs/{job_id}/events", Browse, ListEvents)};
}

std::vector<ApiRoute> RatingRoutes(const ApiServices& services) {
  std::vector<ApiRoute> routes = {
      ASSAY_GET(rating, "ratings/campaigns", Rating, ListCampaigns),
      ASSAY_POST(rating, "ratings/campaigns", Rating, CreateCampaign),
      ASSAY_GET(rating, "ratings/campaigns/{campaign_id}", Rating, GetCampaign),
      ASSAY_POST(rating, "ratings/campaigns/{campaign_id}/close", Rating, CloseCampaign),
      ASSAY_POST(rating, "ratings/campaigns/{campaign_id}/renew", Rating, RenewRaterToken),
      ASSAY_GET(rating, "ratings/campaigns/{campaign_id}/export", Rating, ExportRatings),
      ASSAY_GET(rating, "ratings/campaigns/{campaign_id}/agreement", Rating, GetRatingAgreement)};
  for (ApiRoute& route :
       std::vector<ApiRoute>{ASSAY_GET(rating, "ratings/task", Rating, GetRatingTask),
                             ASSAY_POST(rating, "ratings/task", Rating, SubmitRatings),
                             ASSAY_POST(rating, "ratings/undo", Rating, UndoRating)}) {
    route.by_rater = true;
    routes.push_back(route);
  }
  return routes;
}

}  // namespace

std::vector<ApiRoute> ApiRoutes(const ApiServices& services) {
  std::vector<ApiRoute> routes = EvaluationRoutes(services);
  routes.push_back(ASSAY_GET(admin, "caller", Admin, GetCaller));
  for (const auto& more : {BrowseRoutes(services), RatingRoutes(services)}) {
    routes.insert(routes.end(), more.begin(), more.end());
  }
  return routes;
}

#undef ASSAY_GET
#undef ASSAY_POST

bool MatchPath(absl::string_view pattern, absl::string_view path,
               std::map<std::string, std::string>* parts) {
  const std::vector<absl::string_view> wanted = absl::StrSplit(pattern, '/');
  const std::vector<absl::string_view> given = absl::StrSplit(path, '/');
  if (wanted.size() != given.size()) return false;
  std::map<std::string, std::string> found;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (absl::StartsWith(wanted[i], "{")) {
      if (given[i].empty()) return false;
      found.emplace(wanted[i].substr(1, wanted[i].size() - 2), given[i]);
    } else if (wanted[i] != given[i]) {
      return false;
    }
  }
  *parts = std::move(found);
  return true;
}

}  // namespace assay
