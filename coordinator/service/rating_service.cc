#include "coordinator/service/rating_service.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/rating.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "coordinator/security/token.h"
#include "coordinator/service/rating_agreement.h"
#include "coordinator/service/rating_campaign.h"
#include "coordinator/service/run_scores.h"
#include "coordinator/service/sample_messages.h"

namespace assay {
namespace {

constexpr int kDefaultResamples = 2'000;
constexpr int kMostResamples = 20'000;
constexpr int kMostAgreements = 2;
constexpr double kMostSeconds = 86'400;
constexpr size_t kMostRatings = 1'000;

template <typename Response>
grpc::Status Answer(absl::StatusOr<Response> made, Response* response) {
  if (!made.ok()) return ToGrpcStatus(made.status());
  *response = *std::move(made);
  return grpc::Status::OK;
}

absl::StatusOr<v1::Campaign> Converted(const absl::StatusOr<StoredCampaign>& campaign) {
  if (!campaign.ok()) return campaign.status();
  return ToProto(*campaign);
}

}  // namespace

absl::StatusOr<v1::CreateCampaignResponse> RatingServiceImpl::Create(
    const v1::CreateCampaignRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckCampaign(request));
  JudgeRequest judged;
  judged.runs.assign(request.runs().begin(), request.runs().end());
  judged.jobs.assign(request.jobs().begin(), request.jobs().end());
  ASSAY_ASSIGN_OR_RETURN(const std::vector<RunSpec> runs, parts_.planner->FindJudged(judged));
  if (runs.empty()) {
    return absl::InvalidArgumentError(
        "there is no run with answers to be rated; name a job of "
        "IMPACT that has completed");
  }
  std::map<int64_t, std::vector<int64_t>> answers;
  for (const RunSpec& run : runs) {
    if (run.dataset_sha256 != runs.front().dataset_sha256) {
      return absl::InvalidArgumentError(
          absl::StrCat("runs ", runs.front().run_id, " and ", run.run_id,
                       " are of different tasks; give each a campaign of its own"));
    }
    ASSAY_ASSIGN_OR_RETURN(const auto stored, parts_.answers->Read(run.run_id));
    for (const auto& [ordinal, answer] : stored) {
      // Where nothing was said there is nothing to rate, as for judges.
      if (answer.error.empty() && !absl::StripAsciiWhitespace(answer.text).empty()) {
        answers[run.run_id].push_back(ordinal);
      }
    }
  }
  ASSAY_ASSIGN_OR_RETURN(const PlannedCampaign planned, PlanCampaign(request, answers));
  ASSAY_ASSIGN_OR_RETURN(const int64_t campaign_id, store_.Create(planned.campaign));
  ASSAY_ASSIGN_OR_RETURN(const StoredCampaign campaign, store_.Get(campaign_id));
  v1::CreateCampaignResponse response;
  *response.mutable_campaign() = assay::ToProto(campaign);
  for (size_t i = 0; i < planned.tokens.size(); ++i) {
    v1::RaterToken* token = response.add_tokens();
    token->set_rater_id(absl::StrCat(campaign.raters[i].rater_id));
    token->set_name(campaign.raters[i].name);
    token->set_token(planned.tokens[i]);
  }
  return response;
}

grpc::Status RatingServiceImpl::CreateCampaign(grpc::ServerContext*,
                                               const v1::CreateCampaignRequest* request,
                                               v1::CreateCampaignResponse* response) {
  return Answer(Create(*request), response);
}

grpc::Status RatingServiceImpl::ListCampaigns(grpc::ServerContext*, const v1::ListCampaignsRequest*,
                                              v1::ListCampaignsResponse* response) {
  const absl::StatusOr<std::vector<StoredCampaign>> campaigns = store_.List();
  if (!campaigns.ok()) return ToGrpcStatus(campaigns.status());
  for (const StoredCampaign& campaign : *campaigns) {
    *response->add_campaigns() = assay::ToProto(campaign);
  }
  return grpc::Status::OK;
}

grpc::Status RatingServiceImpl::GetCampaign(grpc::ServerContext*,
                                            const v1::GetCampaignRequest* request,
                                            v1::Campaign* response) {
  return Answer(Converted(store_.Get(request->campaign_id())), response);
}

grpc::Status RatingServiceImpl::CloseCampaign(grpc::ServerContext*,
                                              const v1::CloseCampaignRequest* request,
                                              v1::Campaign* response) {
  if (const absl::Status closed = store_.Close(request->campaign_id()); !closed.ok()) {
    return ToGrpcStatus(closed);
  }
  return Answer(Converted(store_.Get(request->campaign_id())), response);
}

grpc::Status RatingServiceImpl::RenewRaterToken(grpc::ServerContext*,
                                                const v1::RenewRaterTokenRequest* request,
                                                v1::RaterToken* response) {
  const absl::StatusOr<NewToken> token = MakeToken();
  if (!token.ok()) return ToGrpcStatus(token.status());
  const absl::StatusOr<int64_t> rater_id =
      store_.RenewToken(request->campaign_id(), request->rater(), token->sha256);
  if (!rater_id.ok()) return ToGrpcStatus(rater_id.status());
  response->set_rater_id(absl::StrCat(*rater_id));
  response->set_name(request->rater());
  response->set_token(token->text);
  return grpc::Status::OK;
}

grpc::Status RatingServiceImpl::ExportRatings(grpc::ServerContext*,
                                              const v1::ExportRatingsRequest* request,
                                              v1::ExportRatingsResponse* response) {
  if (const auto campaign = store_.Get(request->campaign_id()); !campaign.ok()) {
    return ToGrpcStatus(campaign.status());
  }
  const absl::StatusOr<std::vector<StoredReview>> reviews = store_.Reviews(request->campaign_id());
  if (!reviews.ok()) return ToGrpcStatus(reviews.status());
  for (const StoredReview& review : *reviews) *response->add_ratings() = assay::ToProto(review);
  return grpc::Status::OK;
}

absl::StatusOr<v1::RatingAgreement> RatingServiceImpl::Agreement(
    const v1::GetRatingAgreementRequest& request) {
  if (request.resamples() < 0 || request.resamples() > kMostResamples) {
    return FieldError("resamples", absl::StrCat("must be between 0 and ", kMostResamples));
  }
  BootstrapOptions options;
  options.resamples =
      request.resamples() == 0 ? kDefaultResamples : std::max(2, request.resamples());
  if (request.has_seed()) options.seed = request.seed();
  ASSAY_ASSIGN_OR_RETURN(const StoredCampaign campaign, store_.Get(request.campaign_id()));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<StoredReview> reviews,
                         store_.Reviews(request.campaign_id()));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<int64_t> judge_runs,
                         store_.JudgeRuns(request.campaign_id()));
  std::vector<v1::GetRunScoresResponse> judges;
  for (const int64_t run_id : judge_runs) {
    ASSAY_ASSIGN_OR_RETURN(const RunScores scores, parts_.scores->Get(run_id));
    ASSAY_ASSIGN_OR_RETURN(v1::GetRunScoresResponse run, MakeRunScores(*parts_.catalog, scores));
    judges.push_back(std::move(run));
  }
  return MeasureRatings(campaign, reviews, judges, options);
}

grpc::Status RatingServiceImpl::GetRatingAgreement(grpc::ServerContext*,
                                                   const v1::GetRatingAgreementRequest* request,
                                                   v1::RatingAgreement* response) {
  const absl::Cleanup done = [this] { --agreements_; };
  if (++agreements_ > kMostAgreements) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED,
            "other agreements are being computed; try again in a few seconds"};
  }
  return Answer(Agreement(*request), response);
}

absl::StatusOr<v1::RatingTask> RatingServiceImpl::Next(const std::string& token_sha256) {
  ASSAY_ASSIGN_OR_RETURN(const OpenTask open, store_.Next(token_sha256));
  v1::RatingTask task;
  task.set_campaign(open.campaign);
  task.set_rater(open.rater);
  task.set_closed(open.closed);
  task.set_task(open.key);
  task.set_finished(open.key.empty());
  task.set_category(open.group);
  task.set_done(open.done);
  task.set_total(open.total);
  task.set_can_undo(open.done > 0 && !open.closed);
  for (const std::string& name : open.criteria) {
    v1::RatingCriterion* criterion = task.add_criteria();
    criterion->set_name(name);
    const auto question = RatingQuestions().find(name);
    if (question != RatingQuestions().end()) criterion->set_question(question->second);
    for (const absl::string_view level : kRatingNames) criterion->add_levels(std::string(level));
  }
  for (const OpenAnswer& answer : open.answers) {
    v1::AnswerToRate* added = task.add_answers();
    added->set_answer(answer.key);
    added->set_text(PlainUtf8(answer.text));
  }
  for (const ReviewOfAnswer& review : open.given) {
    v1::GivenRating* given = task.add_ratings();
    given->set_answer(review.answer);
    given->set_criterion(review.criterion);
    given->set_rating(review.rating);
  }
  if (open.answers.empty()) return task;
  ASSAY_ASSIGN_OR_RETURN(const JudgedRun run, parts_.answers->Find(open.answers.front().run_id));
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Dataset> dataset,
                         parts_.cache->Get(run.spec.benchmark, run.spec.dataset_sha256));
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Benchmark> benchmark,
                         parts_.catalog->Of(run.spec));
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const ProtocolSpec> protocol,
                         parts_.catalog->ProtocolOf(run.spec));
  const Item* item = dataset->Find(open.answers.front().ordinal);
  if (item == nullptr) return absl::InternalError("the data set has no such item");
  task.set_prompt(benchmark->RenderPrompt(*protocol, *item, {}));
  return task;
}

grpc::Status RatingServiceImpl::GetRatingTask(grpc::ServerContext*,
                                              const v1::GetRatingTaskRequest* request,
                                              v1::RatingTask* response) {
  return Answer(Next(Sha256Hex(request->token())), response);
}

grpc::Status RatingServiceImpl::SubmitRatings(grpc::ServerContext*,
                                              const v1::SubmitRatingsRequest* request,
                                              v1::RatingTask* response) {
  if (static_cast<size_t>(request->ratings_size()) > kMostRatings) {
    return ToGrpcStatus(FieldError("ratings", "are too many"));
  }
  if (!std::isfinite(request->seconds()) || request->seconds() < 0) {
    return ToGrpcStatus(FieldError("seconds", "must not be negative"));
  }
  std::vector<ReviewOfAnswer> reviews;
  for (const v1::GivenRating& given : request->ratings()) {
    reviews.push_back({given.answer(), given.criterion(), given.rating()});
  }
  const std::string rater = Sha256Hex(request->token());
  const absl::Status stored =
      store_.Submit(rater, request->task(), reviews, std::min(request->seconds(), kMostSeconds));
  if (!stored.ok()) return ToGrpcStatus(stored);
  return Answer(Next(rater), response);
}

grpc::Status RatingServiceImpl::UndoRating(grpc::ServerContext*,
                                           const v1::UndoRatingRequest* request,
                                           v1::RatingTask* response) {
  const std::string rater = Sha256Hex(request->token());
  if (const absl::Status undone = store_.Undo(rater); !undone.ok()) return ToGrpcStatus(undone);
  return Answer(Next(rater), response);
}

}  // namespace assay
