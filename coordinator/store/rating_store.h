// Campaigns in which people rate answers.
#ifndef ASSAY_COORDINATOR_STORE_RATING_STORE_H_
#define ASSAY_COORDINATOR_STORE_RATING_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/store/database.h"

namespace assay {

struct NewRatingAnswer {
  int64_t run_id = 0;
  int64_t ordinal = 0;
  std::string key;
};
struct NewRatingTask {
  std::string key;
  std::vector<NewRatingAnswer> answers;
};
struct NewRater {
  std::string name;
  std::string token_sha256;
  std::vector<NewRatingTask> tasks;  // in their order
};
struct NewCampaign {
  std::string name;
  bool pairs = false;
  int raters_per_answer = 2;
  std::vector<std::string> criteria;
  std::vector<int64_t> runs;
  std::vector<NewRater> raters;
  absl::Duration away_after = absl::ZeroDuration();  // zero: never
};

struct StoredRater {
  int64_t rater_id = 0;
  std::string name = "";
  int64_t tasks = 0;
  int64_t tasks_done = 0;
  absl::Time last_rated = absl::InfinitePast();
  bool away = false;  // with tasks of theirs open
};
struct StoredCampaign {
  int64_t campaign_id = 0;
  std::string name = "";
  absl::Time created = absl::InfinitePast();
  bool closed = false;
  bool pairs = false;
  int raters_per_answer = 0;
  std::vector<std::string> criteria;
  std::vector<int64_t> runs;
  int64_t answers = 0;
  int64_t ratings_done = 0;
  int64_t ratings_wanted = 0;
  absl::Duration away_after = absl::ZeroDuration();
  std::vector<StoredRater> raters;  // of Get
};

struct StoredReview {
  std::string rater = "";
  int64_t run_id = 0;
  std::string model = "";
  std::string item_id = "";
  int64_t ordinal = 0;
  std::string group = "";
  std::string criterion = "";
  int rating = 0;
  absl::Time rated = absl::InfinitePast();
  double seconds = 0;
  std::string task = "";
  int place = 0;
};

struct OpenAnswer {
  std::string key = "";
  int64_t run_id = 0;
  int64_t ordinal = 0;
  std::string text = "";
};
struct ReviewOfAnswer {
  std::string answer = "";  // key
  std::string criterion = "";
  int rating = 0;
};
// What a rater has to do next.
struct OpenTask {
  std::string campaign = "";
  std::string rater = "";
  bool closed = false;
  std::vector<std::string> criteria;
  std::string key = "";  // empty: nothing is left
  std::vector<OpenAnswer> answers;
  std::string group = "";
  std::vector<ReviewOfAnswer> given;  // before it was taken back
  int64_t done = 0;
  int64_t total = 0;
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class RatingStore {
 public:
  explicit RatingStore(Database* database) : database_(database) {}

  // AlreadyExists for a name that is taken, NotFound for an unknown run.
  absl::StatusOr<int64_t> Create(const NewCampaign& campaign);
  // The newest first, without their raters.
  absl::StatusOr<std::vector<StoredCampaign>> List();
  // NotFound.
  absl::StatusOr<StoredCampaign> Get(int64_t campaign_id);
  absl::Status Close(int64_t campaign_id);
  // The rater's id. NotFound.
  absl::StatusOr<int64_t> RenewToken(int64_t campaign_id, const std::string& rater,
                                     const std::string& token_sha256);
  // In order of rater and task.
  absl::StatusOr<std::vector<StoredReview>> Reviews(int64_t campaign_id);
  // Completed runs that judge the campaign's answers.
  absl::StatusOr<std::vector<int64_t>> JudgeRuns(int64_t campaign_id);

  // A rater's, by its token; of one who is away where the rater has none left. The rater is at work
  // from now on, as with the two below. Unauthenticated.
  absl::StatusOr<OpenTask> Next(const std::string& token_sha256);
  // The task is rated with them, in place of any earlier ones. InvalidArgument unless there is one
  // for each answer and criterion; NotFound for a task of another; FailedPrecondition when the
  // campaign is closed.
  absl::Status Submit(const std::string& token_sha256, const std::string& task,
                      const std::vector<ReviewOfAnswer>& reviews, double seconds);
  // Opens the task that was rated last; nothing where there is none. FailedPrecondition as above.
  absl::Status Undo(const std::string& token_sha256);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_RATING_STORE_H_
