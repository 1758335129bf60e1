#include "coordinator/store/rating_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/rating_rows.h"
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
    "     JOIN raters w USING (rater_id) WHERE w.campaign_id = c.campaign_id), "
    "  coalesce(extract(epoch FROM c.away_after), 0) "
    "FROM rating_campaigns c WHERE $1::bigint = 0 OR c.campaign_id = $1 "
    "ORDER BY c.campaign_id DESC";
constexpr char kRaters[] =
    "SELECT w.rater_id, w.name, count(t.task_id), count(t.rated), "
    "  extract(epoch FROM max(t.rated)), "
    "  coalesce(w.last_seen < now() - c.away_after AND count(t.rated) < count(t.task_id), false) "
    "FROM raters w JOIN rating_campaigns c USING (campaign_id) "
    "LEFT JOIN rating_tasks t USING (rater_id) WHERE w.campaign_id = $1 "
    "GROUP BY w.rater_id, c.campaign_id ORDER BY w.rater_id";

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
  campaign.away_after = absl::Seconds(row[11].as<double>());
  return campaign;
}

absl::Status NoCampaign(int64_t campaign_id) {
  return absl::NotFoundError(absl::StrCat("there is no rating campaign ", campaign_id));
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

}  // namespace

absl::StatusOr<int64_t> RatingStore::Create(const NewCampaign& campaign) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<int64_t> {
    const pqxx::result made = tx.exec_params(
        "INSERT INTO rating_campaigns (name, pairs, raters_per_answer, criteria, away_after) "
        "VALUES ($1, $2, $3, $4, nullif($5::float8, 0) * interval '1 second') "
        "ON CONFLICT (name) DO NOTHING RETURNING campaign_id",
        campaign.name, campaign.pairs, campaign.raters_per_answer, EncodeTexts(campaign.criteria),
        absl::ToDoubleSeconds(campaign.away_after));
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
      rater.away = row[5].as<bool>();
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

}  // namespace assay
