// RatingStore's side of the raters.
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/domain/rating.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/rating_rows.h"
#include "coordinator/store/rating_store.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

// The row is locked: a rater with two windows open rates one at a time.
constexpr char kRater[] =
    "SELECT w.rater_id, w.name, c.name, c.closed IS NOT NULL, c.criteria, "
    "  (SELECT count(*) FROM rating_tasks t WHERE t.rater_id = w.rater_id), "
    "  (SELECT count(*) FROM rating_tasks t WHERE t.rater_id = w.rater_id AND rated IS NOT NULL) "
    "FROM raters w JOIN rating_campaigns c USING (campaign_id) WHERE w.token_sha256 = $1 "
    "FOR UPDATE OF w";
constexpr char kSeen[] = "UPDATE raters SET last_seen = clock_timestamp() WHERE rater_id = $1";
// An open task of a rater that is away, whose answers this one has not had; the last of its list,
// since it may come back and go on with the first. Two that ask at once do not get the same.
constexpr char kTakeOver[] =
    "WITH taken AS (SELECT t.task_id FROM rating_tasks t JOIN raters w USING (rater_id) "
    "  JOIN rating_campaigns c USING (campaign_id) JOIN raters me USING (campaign_id) "
    "  WHERE me.rater_id = $1 AND w.rater_id <> $1 AND t.rated IS NULL "
    "    AND w.last_seen < clock_timestamp() - c.away_after "
    "    AND NOT EXISTS (SELECT FROM rating_answers a "
    "      JOIN rating_answers had USING (run_id, item_ordinal) "
    "      JOIN rating_tasks mine ON mine.task_id = had.task_id "
    "      WHERE a.task_id = t.task_id AND mine.rater_id = $1) "
    "  ORDER BY w.last_seen, t.position DESC LIMIT 1 FOR UPDATE OF t SKIP LOCKED) "
    "UPDATE rating_tasks t SET rater_id = $1, "
    "  position = (SELECT coalesce(max(position), -1) + 1 FROM rating_tasks WHERE rater_id = $1) "
    "FROM taken WHERE t.task_id = taken.task_id RETURNING t.task_id";
constexpr char kForget[] = "DELETE FROM reviews WHERE task_id = $1";
constexpr char kNextTask[] =
    "SELECT task_id, task_key FROM rating_tasks WHERE rater_id = $1 AND rated IS NULL "
    "ORDER BY position LIMIT 1";
constexpr char kOwnTask[] =
    "SELECT task_id FROM rating_tasks WHERE rater_id = $1 AND task_key = $2 FOR UPDATE";
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

struct RaterRow {
  int64_t rater_id = 0;
  OpenTask task;  // what it says of the rater and the campaign
};

// They are at work from now on.
absl::StatusOr<RaterRow> FindRater(pqxx::work& tx, const std::string& token_sha256) {
  const pqxx::result rows = tx.exec_params(kRater, token_sha256);
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
  tx.exec_params(kSeen, rater.rater_id);
  return rater;
}

absl::Status CheckOpen(const RaterRow& rater) {
  if (!rater.task.closed) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the campaign ", rater.task.campaign, " is closed"));
}

// What is open of the rater's own, or else of one who is away; no rows: nothing.
pqxx::result FindTask(pqxx::work& tx, RaterRow& rater) {
  pqxx::result next = tx.exec_params(kNextTask, rater.rater_id);
  if (!next.empty()) return next;
  const pqxx::result taken = tx.exec_params(kTakeOver, rater.rater_id);
  if (taken.empty()) return next;
  tx.exec_params(kForget, taken[0][0].as<int64_t>());
  ++rater.task.total;
  return tx.exec_params(kNextTask, rater.rater_id);
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

absl::StatusOr<OpenTask> RatingStore::Next(const std::string& token_sha256) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<OpenTask> {
    ASSAY_ASSIGN_OR_RETURN(RaterRow rater, FindRater(tx, token_sha256));
    if (rater.task.closed) return rater.task;
    const pqxx::result next = FindTask(tx, rater);
    OpenTask task = rater.task;
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
    ASSAY_ASSIGN_OR_RETURN(const RaterRow rater, FindRater(tx, token_sha256));
    ASSAY_RETURN_IF_ERROR(CheckOpen(rater));
    const pqxx::result found = tx.exec_params(kOwnTask, rater.rater_id, PlainText(task));
    if (found.empty()) {
      return absl::NotFoundError(
          "this task is not one of the rater's, or went to another while the rater was away");
    }
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
    ASSAY_ASSIGN_OR_RETURN(const RaterRow rater, FindRater(tx, token_sha256));
    ASSAY_RETURN_IF_ERROR(CheckOpen(rater));
    tx.exec_params(kUndo, rater.rater_id);
    return absl::OkStatus();
  });
}

}  // namespace assay
