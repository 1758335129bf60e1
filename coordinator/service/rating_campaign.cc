#include "coordinator/service/rating_campaign.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/field_check.h"
#include "common/rpc/timestamp.h"
#include "common/statistics/random.h"
#include "coordinator/security/token.h"
#include "coordinator/service/dataset_upload.h"

namespace assay {
namespace {

constexpr int kDefaultRatersPerAnswer = 2;
constexpr int kMostRaters = 100;
constexpr size_t kMostTasks = 100'000;
constexpr int kMostAwayMinutes = 100'000;

// The items of which answers are rated: all, or so many, drawn at random.
std::set<int64_t> DrawItems(const v1::CreateCampaignRequest& request,
                            const std::map<int64_t, std::vector<int64_t>>& answers) {
  std::set<int64_t> all;
  for (const auto& [run, ordinals] : answers) all.insert(ordinals.begin(), ordinals.end());
  std::vector<int64_t> items(all.begin(), all.end());
  const auto most = static_cast<size_t>(request.answers());
  if (most == 0 || items.size() <= most) return all;
  Random random(request.seed());
  for (size_t i = 0; i < most; ++i) {
    std::swap(items[i], items[i + random.Below(items.size() - i)]);
  }
  return {items.begin(), items.begin() + static_cast<std::ptrdiff_t>(most)};
}

absl::StatusOr<std::string> RandomKey() {
  ASSAY_ASSIGN_OR_RETURN(const NewToken token, MakeToken());
  return token.lookup;
}

absl::StatusOr<NewRatingTask> MakeTask(const RatingUnit& unit) {
  NewRatingTask task;
  ASSAY_ASSIGN_OR_RETURN(task.key, RandomKey());
  for (const RatedAnswer& answer : unit) {
    ASSAY_ASSIGN_OR_RETURN(std::string key, RandomKey());
    task.answers.push_back({answer.run_id, answer.ordinal, std::move(key)});
  }
  return task;
}

}  // namespace

const std::map<std::string, std::string>& RatingQuestions() {
  static const auto& questions = *new std::map<std::string, std::string>{
      {"relevance",
       "How relevant is the text to the task? It is when it does what the task asks for, and "
       "deals with nothing else. Style and length do not matter."},
      {"coherence",
       "How coherent is the text? It is when its sentences follow from each other and it can be "
       "read without guessing what is meant. Whether it does the task does not matter."}};
  return questions;
}

absl::Status CheckCampaign(const v1::CreateCampaignRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckUserName("name", request.name()));
  if (request.raters_size() > kMostRaters) {
    return FieldError("raters", absl::StrCat("at most ", kMostRaters, " are taken"));
  }
  std::set<std::string> names;
  for (const std::string& name : request.raters()) {
    ASSAY_RETURN_IF_ERROR(CheckUserName("raters", name));
    if (!names.insert(name).second) {
      return FieldError("raters", absl::StrCat("\"", name, "\" is named twice"));
    }
  }
  std::set<std::string> criteria;
  for (const std::string& criterion : request.criteria()) {
    if (RatingQuestions().count(criterion) == 0 || !criteria.insert(criterion).second) {
      return FieldError("criteria", absl::StrCat("\"", criterion,
                                                 "\" is named twice, or not known; there are: "
                                                 "coherence, relevance"));
    }
  }
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("raters_per_answer", request.raters_per_answer(), 0));
  if (request.away_minutes() < 0 || request.away_minutes() > kMostAwayMinutes) {
    return FieldError("away_minutes", absl::StrCat("must be between 0 and ", kMostAwayMinutes));
  }
  return CheckAtLeast("answers", request.answers(), 0);
}

absl::StatusOr<PlannedCampaign> PlanCampaign(
    const v1::CreateCampaignRequest& request,
    const std::map<int64_t, std::vector<int64_t>>& answers) {
  PlannedCampaign planned;
  NewCampaign& campaign = planned.campaign;
  campaign.name = request.name();
  campaign.pairs = request.pairs();
  campaign.away_after = absl::Minutes(request.away_minutes());
  campaign.raters_per_answer =
      request.raters_per_answer() == 0 ? kDefaultRatersPerAnswer : request.raters_per_answer();
  campaign.criteria.assign(request.criteria().begin(), request.criteria().end());
  if (campaign.criteria.empty()) campaign.criteria = {"relevance", "coherence"};
  const std::set<int64_t> items = DrawItems(request, answers);
  std::vector<RatedAnswer> rated;
  for (const auto& [run_id, ordinals] : answers) {
    campaign.runs.push_back(run_id);
    for (const int64_t ordinal : ordinals) {
      if (items.count(ordinal) != 0) rated.push_back({run_id, ordinal});
    }
  }
  if (rated.size() * static_cast<size_t>(campaign.raters_per_answer) > kMostTasks) {
    return FieldError(
        "answers",
        absl::StrCat("these are ", rated.size(), " answers for ", campaign.raters_per_answer,
                     " raters each; a campaign has at most ", kMostTasks, " tasks"));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::vector<std::vector<RatingUnit>> assigned,
                         AssignRatings(rated, {.raters = request.raters_size(),
                                               .raters_per_answer = campaign.raters_per_answer,
                                               .pairs = campaign.pairs,
                                               .seed = request.seed()}));
  for (int i = 0; i < request.raters_size(); ++i) {
    ASSAY_ASSIGN_OR_RETURN(const NewToken token, MakeToken());
    planned.tokens.push_back(token.text);
    NewRater& rater = campaign.raters.emplace_back();
    rater.name = request.raters(i);
    rater.token_sha256 = token.sha256;
    for (const RatingUnit& unit : assigned[static_cast<size_t>(i)]) {
      ASSAY_ASSIGN_OR_RETURN(NewRatingTask task, MakeTask(unit));
      rater.tasks.push_back(std::move(task));
    }
  }
  return planned;
}

v1::Campaign ToProto(const StoredCampaign& campaign) {
  v1::Campaign proto;
  proto.set_campaign_id(campaign.campaign_id);
  proto.set_name(campaign.name);
  SetTimestamp(campaign.created, proto.mutable_created());
  proto.set_closed(campaign.closed);
  proto.set_pairs(campaign.pairs);
  proto.set_raters_per_answer(campaign.raters_per_answer);
  proto.mutable_criteria()->Add(campaign.criteria.begin(), campaign.criteria.end());
  proto.mutable_runs()->Add(campaign.runs.begin(), campaign.runs.end());
  proto.set_answers(campaign.answers);
  proto.set_ratings_done(campaign.ratings_done);
  proto.set_ratings_wanted(campaign.ratings_wanted);
  proto.set_away_minutes(static_cast<int32_t>(absl::ToInt64Minutes(campaign.away_after)));
  for (const StoredRater& rater : campaign.raters) {
    v1::RaterProgress* progress = proto.add_raters();
    progress->set_rater_id(absl::StrCat(rater.rater_id));
    progress->set_name(rater.name);
    progress->set_tasks(rater.tasks);
    progress->set_tasks_done(rater.tasks_done);
    progress->set_away(rater.away);
    if (rater.last_rated > absl::InfinitePast()) {
      SetTimestamp(rater.last_rated, progress->mutable_last_rated());
    }
  }
  return proto;
}

v1::ExportedRating ToProto(const StoredReview& review) {
  v1::ExportedRating proto;
  proto.set_rater(review.rater);
  proto.set_run_id(review.run_id);
  proto.set_model(review.model);
  proto.set_item_id(review.item_id);
  proto.set_item_ordinal(review.ordinal);
  proto.set_group(review.group);
  proto.set_criterion(review.criterion);
  proto.set_rating(review.rating);
  SetTimestamp(review.rated, proto.mutable_rated());
  proto.set_seconds(review.seconds);
  proto.set_task(review.task);
  proto.set_place(review.place);
  return proto;
}

}  // namespace assay
