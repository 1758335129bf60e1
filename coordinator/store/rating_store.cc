#include "coordinator/store/rating_store.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/domain/rating.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kCampaigns[] =
    "SELECT c.campaign_id, c.name, extract(epoch FROM c.created), c.closed IS NOT NULL, c.pairs, "
    "  c.raters_per_answer, c.criteria, "
    "  ARRAY(SELECT run_id FROM rating_runs r WHERE r.campaign_id = c.campaign_id ORDER BY 1), "
    "  (SELECT count(*) FROM (SELECT DISTINCT a.run_id, a.item_ordinal FROM rating_answers a "
    "     JOIN rating_tasks t USING (task_id) JOIN raters w USING (rater_id) "
    "     WHERE w.campaign_id = c.campaign_id) one), "
    "  (SELECT count(*) FROM reviews v JOIN rating_tasks t USING (task_id) "
    "     JOIN raters w USING (rater_id) WHERE w.campaign_id = c.campaign_id "
    "     AND t.rated IS NOT NULL), "
    "  (SELECT count(*) FROM rating_answers a JOIN rating_tasks t USING (task_id) "
    "     JOIN raters w USING (rater_id) WHERE w.campaign_id = c.campaign_id) "
    "FROM rating_campaigns c WHERE $1::bigint = 0 OR c.campaign_id = $1 "
    "ORDER BY c.campaign_id DESC";
constexpr char kRaters[] =
    "SELECT w.rater_id, w.name, count(t.task_id), count(t.rated), "
    "  extract(epoch FROM max(t.rated)) "
    "FROM raters w LEFT JOIN rating_tasks t USING (rater_id) WHERE w.campaign_id = $1 "
    "GROUP BY w.rater_id ORDER BY w.rater_id";

constexpr char kReviews[] =
    "SELECT w.name, a.run_id, r.model_name, i.item_id, a.item_ordinal, i.group_name, v.criterion, "
    "  v.rating, extract(epoch FROM t.rated), t.seconds, t.task_key, a.place "
    "FROM raters w JOIN rating_tasks t USING (rater_id) JOIN rating_answers a USING (task_id) "
    "JOIN reviews v USING (task_id, place) "
    "JOIN rating_runs r ON r.campaign_id = w.campaign_id AND r.run_id = a.run_id "
    "JOIN items i ON i.dataset_id = r.dataset_id AND i.ordinal = a.item_ordinal "
    "WHERE w.campaign_id = $1 AND t.rated IS NOT NULL "
    "ORDER BY w.rater_id, t.position, a.place, v.criterion";
constexpr char kJudgeRuns[] =
    "SELECT j.run_id FROM rating_runs r JOIN runs j ON j.judged_run = r.run_id "
    "WHERE r.campaign_id = $1 AND j.state = 'completed' ORDER BY j.run_id";

// The row is locked where it is to be changed: a rater with two windows open rates one at a time.
constexpr char kRater[] =
    "SELECT w.rater_id, w.name, c.name, c.closed IS NOT NULL, c.criteria, "
    "  (SELECT count(*) FROM rating_tasks t WHERE t.rater_id = w.rater_id), "
    "  (SELECT count(*) FROM rating_tasks t WHERE t.rater_id = w.rater_id AND rated IS NOT NULL) "
    "FROM raters w JOIN rating_campaigns c USING (campaign_id) WHERE w.token_sha256 = $1 ";
constexpr char kNextTask[] =
    "SELECT task_id, task_key FROM rating_tasks WHERE rater_id = $1 AND rated IS NULL "
    "ORDER BY position LIMIT 1";
constexpr char kAnswers[] =
    "SELECT a.answer_key, a.run_id, a.item_ordinal, p.output, i.group_name FROM rating_answers a "
    "JOIN rating_tasks t USING (task_id) JOIN raters w USING (rater_id) "
    "JOIN rating_runs r ON r.campaign_id = w.campaign_id AND r.run_id = a.run_id "
    "JOIN items i ON i.dataset_id = r.dataset_id AND i.ordinal = a.item_ordinal "
    "LEFT JOIN predictions p ON p.run_id = a.run_id AND p.item_ordinal = a.item_ordinal "
    "  AND p.sample_index = 0 WHERE a.task_id = $1 ORDER BY a.place";
constexpr char kGiven[] =
    "SELECT a.answer_key, v.criterion, v.rating FROM reviews v "
    "JOIN rating_answers a USING (task_id, place) WHERE v.task_id = $1 ORDER BY 1, 2";
constexpr char kReview[] =
    "INSERT INTO reviews (task_id, place, criterion, rating) "
    "SELECT $1, place, $3, $4 FROM rating_answers WHERE task_id = $1 AND answer_key = $2 "
    "ON CONFLICT (task_id, place, criterion) DO UPDATE SET rating = excluded.rating";
constexpr char kUndo[] =
    "UPDATE rating_tasks SET rated = NULL WHERE task_id = (SELECT task_id FROM rating_tasks "
    "  WHERE rater_id = $1 AND rated IS NOT NULL ORDER BY rated DESC LIMIT 1)";

std::string EncodeTexts(const std::vector<std::string>& texts) {
  return nlohmann::json(texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::string> DecodeTexts(const char* json) {
  std::vector<std::string> texts;
  const nlohmann::json array = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  for (const nlohmann::json& text : array) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

StoredCampaign ReadCampaign(const pqxx::row& row) {
  StoredCampaign campaign;
  campaign.campaign_id = row[0].as<int64_t>();
  campaign.name = row[1].c_str();
  campaign.created = DecodeTime(row[2], absl::InfinitePast());
  campaign.closed = row[3].as<bool>();
  campaign.pairs = row[4].as<bool>();
  campaign.raters_per_answer = row[5].as<int>();
  campaign.criteria = DecodeTexts(row[6].c_str());
  campaign.runs = DecodeIntegers(row[7].c_str());
  campaign.answers = row[8].as<int64_t>();
  campaign.ratings_done = row[9].as<int64_t>();
  campaign.ratings_wanted = row[10].as<int64_t>() * static_cast<int64_t>(campaign.criteria.size());
  return campaign;
}

absl::Status NoCampaign(int64_t campaign_id) {
  return absl::NotFoundError(absl::StrCat("there is no rating campaign ", campaign_id));
}

struct RaterRow {
  int64_t rater_id = 0;
  OpenTask task;  // what it says of the rater and the campaign
};

absl::StatusOr<RaterRow> FindRater(pqxx::work& tx, const std::string& token_sha256, bool lock) {
  const pqxx::result rows =
      tx.exec_params(absl::StrCat(kRater, lock ? "FOR UPDATE OF w" : ""), token_sha256);
  if (rows.empty()) {
    return absl::UnauthenticatedError("there is no rater with this token; ask for a new link");
  }
  RaterRow rater;
  rater.rater_id = rows[0][0].as<int64_t>();
  rater.task.rater = rows[0][1].c_str();
  rater.task.campaign = rows[0][2].c_str();
  rater.task.closed = rows[0][3].as<bool>();
  rater.task.criteria = DecodeTexts(rows[0][4].c_str());
  rater.task.total = rows[0][5].as<int64_t>();
  rater.task.done = rows[0][6].as<int64_t>();
  if (lock && rater.task.closed) {
    return absl::FailedPreconditionError(
        absl::StrCat("the campaign ", rater.task.campaign, " is closed"));
  }
  return rater;
}

void InsertRater(pqxx::work& tx, int64_t campaign_id, const NewRater& rater) {
  const auto rater_id =
      tx.exec_params1(
            "INSERT INTO raters (campaign_id, name, token_sha256) VALUES ($1, $2, $3) "
            "RETURNING rater_id",
            campaign_id, rater.name, rater.token_sha256)[0]
          .as<int64_t>();
  for (size_t i = 0; i < rater.tasks.size(); ++i) {
    const NewRatingTask& task = rater.tasks[i];
    const auto task_id = tx.exec_params1(
                               "INSERT INTO rating_tasks (rater_id, position, task_key) "
                               "VALUES ($1, $2, $3) RETURNING task_id",
                               rater_id, i, task.key)[0]
                             .as<int64_t>();
    for (size_t place = 0; place < task.answers.size(); ++place) {
      const NewRatingAnswer& answer = task.answers[place];
      tx.exec_params(
          "INSERT INTO rating_answers (task_id, place, run_id, item_ordinal, answer_key) "
          "VALUES ($1, $2, $3, $4, $5)",
          task_id, place, answer.run_id, answer.ordinal, answer.key);
    }
  }
}

// One for each answer of the task and each criterion, within the scale.
absl::Status CheckReviews(const pqxx::result& answers, const std::vector<std::string>& criteria,
                          const std::vector<ReviewOfAnswer>& reviews) {
  std::set<std::pair<std::string, std::string>> missing;
  for (const auto& row : answers) {
    for (const std::string& criterion : criteria) missing.emplace(row[0].c_str(), criterion);
  }
  for (const ReviewOfAnswer& review : reviews) {
    if (missing.erase({review.answer, review.criterion}) == 0) {
      return absl::InvalidArgumentError(absl::StrCat("ratings: ", review.criterion, " of answer ",
                                                     review.answer,
                                                     " is given twice, or is none of the task's"));
    }
    if (review.rating < kLowestRating || review.rating > kHighestRating) {
      return absl::InvalidArgumentError(absl::StrCat("ratings: must be from ", kLowestRating,
                                                     " to ", kHighestRating, ", not ",
                                                     review.rating));
    }
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "ratings: ", missing.begin()->second, " of answer ", missing.begin()->first, " is missing"));
}

}  // namespace

absl::StatusOr<int64_t> RatingStore::Create(const NewCampaign& campaign) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<int64_t> {
    const pqxx::result made = tx.exec_params(
        "INSERT INTO rating_campaigns (name, pairs, raters_per_answer, criteria) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING RETURNING campaign_id",
        campaign.name, campaign.pairs, campaign.raters_per_answer, EncodeTexts(campaign.criteria));
    if (made.empty()) {
      return absl::AlreadyExistsError(
          absl::StrCat("there is a rating campaign ", campaign.name, " already"));
    }
    const auto campaign_id = made[0][0].as<int64_t>();
    for (const int64_t run_id : campaign.runs) {
      const pqxx::result run = tx.exec_params(
          "INSERT INTO rating_runs (campaign_id, run_id, model_name, dataset_id) "
          "SELECT $1, run_id, model_name, dataset_id FROM runs WHERE run_id = $2",
          campaign_id, run_id);
      if (run.affected_rows() == 0) {
        return absl::NotFoundError(absl::StrCat("there is no run ", run_id));
      }
    }
    for (const NewRater& rater : campaign.raters) InsertRater(tx, campaign_id, rater);
    return campaign_id;
  });
}

absl::StatusOr<std::vector<StoredCampaign>> RatingStore::List() {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<StoredCampaign>> {
    std::vector<StoredCampaign> campaigns;
    for (const auto& row : tx.exec_params(kCampaigns, 0)) campaigns.push_back(ReadCampaign(row));
    return campaigns;
  });
}

absl::StatusOr<StoredCampaign> RatingStore::Get(int64_t campaign_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<StoredCampaign> {
    const pqxx::result rows = tx.exec_params(kCampaigns, campaign_id);
    if (campaign_id == 0 || rows.empty()) return NoCampaign(campaign_id);
    StoredCampaign campaign = ReadCampaign(rows[0]);
    for (const auto& row : tx.exec_params(kRaters, campaign_id)) {
      StoredRater& rater = campaign.raters.emplace_back();
      rater.rater_id = row[0].as<int64_t>();
      rater.name = row[1].c_str();
      rater.tasks = row[2].as<int64_t>();
      rater.tasks_done = row[3].as<int64_t>();
      rater.last_rated = DecodeTime(row[4], absl::InfinitePast());
    }
    return campaign;
  });
}

absl::Status RatingStore::Close(int64_t campaign_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    const pqxx::result rows = tx.exec_params(
        "UPDATE rating_campaigns SET closed = coalesce(closed, now()) WHERE campaign_id = $1",
        campaign_id);
    return rows.affected_rows() == 0 ? NoCampaign(campaign_id) : absl::OkStatus();
  });
}

absl::StatusOr<int64_t> RatingStore::RenewToken(int64_t campaign_id, const std::string& rater,
                                                const std::string& token_sha256) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<int64_t> {
    const pqxx::result rows = tx.exec_params(
        "UPDATE raters SET token_sha256 = $3 WHERE campaign_id = $1 AND name = $2 "
        "RETURNING rater_id",
        campaign_id, PlainText(rater), token_sha256);
    if (!rows.empty()) return rows[0][0].as<int64_t>();
    return absl::NotFoundError(
        absl::StrCat("campaign ", campaign_id, " has no rater \"", rater, "\""));
  });
}

absl::StatusOr<std::vector<StoredReview>> RatingStore::Reviews(int64_t campaign_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<StoredReview>> {
    std::vector<StoredReview> reviews;
    for (const auto& row : tx.exec_params(kReviews, campaign_id)) {
      StoredReview& review = reviews.emplace_back();
      review.rater = row[0].c_str();
      review.run_id = row[1].as<int64_t>();
      review.model = row[2].c_str();
      review.item_id = row[3].c_str();
      review.ordinal = row[4].as<int64_t>();
      review.group = row[5].c_str();
      review.criterion = row[6].c_str();
      review.rating = row[7].as<int>();
      review.rated = DecodeTime(row[8], absl::InfinitePast());
      review.seconds = row[9].as<double>();
      review.task = row[10].c_str();
      review.place = row[11].as<int>();
    }
    return reviews;
  });
}

absl::StatusOr<std::vector<int64_t>> RatingStore::JudgeRuns(int64_t campaign_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<int64_t>> {
    std::vector<int64_t> runs;
    for (const auto& row : tx.exec_params(kJudgeRuns, campaign_id)) {
      runs.push_back(row[0].as<int64_t>());
    }
    return runs;
  });
}

absl::StatusOr<OpenTask> RatingStore::Next(const std::string& token_sha256) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<OpenTask> {
    ASSAY_ASSIGN_OR_RETURN(const RaterRow rater, FindRater(tx, token_sha256, /*lock=*/false));
    OpenTask task = rater.task;
    if (task.closed) return task;
    const pqxx::result next = tx.exec_params(kNextTask, rater.rater_id);
    if (next.empty()) return task;
    const auto task_id = next[0][0].as<int64_t>();
    task.key = next[0][1].c_str();
    for (const auto& row : tx.exec_params(kAnswers, task_id)) {
      task.group = row[4].c_str();
      task.answers.push_back({row[0].c_str(), row[1].as<int64_t>(), row[2].as<int64_t>(),
                              row[3].is_null() ? "" : DecodeBytes(row[3].c_str())});
    }
    for (const auto& row : tx.exec_params(kGiven, task_id)) {
      task.given.push_back({row[0].c_str(), row[1].c_str(), row[2].as<int>()});
    }
    return task;
  });
}

absl::Status RatingStore::Submit(const std::string& token_sha256, const std::string& task,
                                 const std::vector<ReviewOfAnswer>& reviews, double seconds) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    ASSAY_ASSIGN_OR_RETURN(const RaterRow rater, FindRater(tx, token_sha256, /*lock=*/true));
    const pqxx::result found =
        tx.exec_params("SELECT task_id FROM rating_tasks WHERE rater_id = $1 AND task_key = $2",
                       rater.rater_id, PlainText(task));
    if (found.empty()) return absl::NotFoundError("this task is not one of the rater's");
    const auto task_id = found[0][0].as<int64_t>();
    const pqxx::result answers =
        tx.exec_params("SELECT answer_key FROM rating_answers WHERE task_id = $1", task_id);
    ASSAY_RETURN_IF_ERROR(CheckReviews(answers, rater.task.criteria, reviews));
    for (const ReviewOfAnswer& review : reviews) {
      tx.exec_params(kReview, task_id, review.answer, review.criterion, review.rating);
    }
    tx.exec_params(
        "UPDATE rating_tasks SET rated = clock_timestamp(), seconds = $2 WHERE task_id = $1",
        task_id, seconds);
    return absl::OkStatus();
  });
}

absl::Status RatingStore::Undo(const std::string& token_sha256) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    ASSAY_ASSIGN_OR_RETURN(const RaterRow rater, FindRater(tx, token_sha256, /*lock=*/true));
    tx.exec_params(kUndo, rater.rater_id);
    return absl::OkStatus();
  });
}

}  // namespace assay
