#include "coordinator/store/prediction_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/item_json.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kRuns[] =
    "SELECT r.run_id, r.dataset_name, r.model_name, r.dataset_id, r.grader FROM runs r "
    "JOIN datasets d USING (dataset_id) "
    "WHERE ($1::bigint = 0 OR r.job_id = $1) AND ($5::bigint = 0 OR r.run_id = $5) "
    "  AND ($2 = '' OR r.dataset_name = $2 OR d.benchmark = $2) "
    "  AND ($3 = '' OR r.model_name = $3) AND r.run_id >= $4 ORDER BY r.run_id";

// One run at a time: a scan of its partition's index from the last place on.
constexpr char kPage[] =
    "SELECT p.item_ordinal, p.sample_index, p.prompt, p.prompt_sha256, p.prompt_tokens, "
    "  p.cached_tokens, p.shots_used, p.over_max_input, p.truncated, p.output, p.output_token_ids, "
    "  p.finish_reason, p.choice_loglikelihoods, p.error, p.program_outcome, "
    "  p.generated_tokens, coalesce(p.reused_run, 0), "
    "  s.grader, s.grader_version, s.verdict, s.extracted, s.partial, i.item_id, i.group_name, "
    "i.body, extract(epoch FROM p.committed) "
    "FROM predictions p "
    "JOIN scores s USING (run_id, item_ordinal, sample_index) "
    "JOIN items i ON i.dataset_id = $2 AND i.ordinal = p.item_ordinal "
    "WHERE p.run_id = $1 AND (p.item_ordinal, p.sample_index) > ($3::integer, $4::integer) "
    "  AND ($5 = '' OR i.item_id = $5) AND (NOT $6::boolean OR s.verdict NOT IN "
    "    ('correct', 'rated', 'ungraded')) "
    "  AND s.grader = $8 AND ($9::text[] = '{}' OR s.verdict = ANY($9::text[])) "
    "ORDER BY p.item_ordinal, p.sample_index LIMIT $7";

constexpr char kOtherScores[] =
    "SELECT item_ordinal, sample_index, grader, grader_version, verdict, extracted, partial "
    "FROM scores WHERE run_id = $1 AND grader <> $2 "
    "  AND (item_ordinal, sample_index) >= ($3::integer, $4::integer) "
    "  AND (item_ordinal, sample_index) <= ($5::integer, $6::integer) "
    "ORDER BY item_ordinal, sample_index, grader COLLATE \"C\"";

// In the columns from `first`, as both statements have them.
absl::StatusOr<Score> ReadScore(const pqxx::row& row, int first) {
  Score score;
  int i = first;
  score.grader = row[i++].c_str();
  score.grader_version = row[i++].as<int>();
  ASSAY_ASSIGN_OR_RETURN(score.verdict, ParseVerdict(row[i++].c_str()));
  score.extracted = DecodeBytes(row[i++].c_str());
  if (!row[i].is_null()) score.partial = row[i].as<double>();
  return score;
}
constexpr int kScoreColumns = 5;

absl::StatusOr<StoredPrediction> ReadPrediction(const pqxx::row& row) {
  StoredPrediction stored;
  Prediction& p = stored.prediction;
  int i = 0;
  stored.position.ordinal = row[i++].as<int64_t>();
  p.sample_index = stored.position.sample_index = row[i++].as<int>();
  p.prompt = DecodeBytes(row[i++].c_str());
  p.prompt_sha256 = row[i++].c_str();
  p.prompt_tokens = row[i++].as<int64_t>();
  p.cached_tokens = row[i++].as<int64_t>();
  p.shots_used = row[i++].as<int>();
  p.over_max_input = row[i++].as<bool>();
  p.truncated = row[i++].as<bool>();
  p.output = DecodeBytes(row[i++].c_str());
  for (const int64_t id : DecodeIntegers(row[i++].c_str())) {
    p.output_token_ids.push_back(static_cast<int32_t>(id));
  }
  ASSAY_ASSIGN_OR_RETURN(p.finish_reason, ParseFinishReason(row[i++].c_str()));
  p.choice_loglikelihoods = DecodeDoubles(row[i++].c_str());
  p.error = row[i++].c_str();
  p.program_outcome = row[i++].c_str();
  p.generated_tokens = row[i++].as<int64_t>();
  p.reused_run = row[i++].as<int64_t>();
  ASSAY_ASSIGN_OR_RETURN(stored.score, ReadScore(row, i));
  i += kScoreColumns;
  Item item;
  p.item_id = item.id = row[i++].c_str();
  stored.group = row[i++].c_str();
  ASSAY_RETURN_IF_ERROR(DecodeItemBody(row[i++].c_str(), item));
  stored.target = std::move(item.target);
  stored.choices = std::move(item.choices);
  stored.committed = DecodeTime(row[i++], absl::InfinitePast());
  return stored;
}

size_t BytesOf(const StoredPrediction& stored) {
  return 256 + stored.prediction.prompt.size() + stored.prediction.output.size() +
         stored.target.size() + stored.score.extracted.size() +
         4 * stored.prediction.output_token_ids.size();
}

absl::Status CheckExists(pqxx::work& tx, const PredictionFilter& filter) {
  if (filter.job_id != 0 &&
      tx.exec_params("SELECT 1 FROM jobs WHERE job_id = $1", filter.job_id).empty()) {
    return absl::NotFoundError(absl::StrCat("there is no job ", filter.job_id));
  }
  if (filter.run_id != 0 &&
      tx.exec_params("SELECT 1 FROM runs WHERE run_id = $1", filter.run_id).empty()) {
    return absl::NotFoundError(absl::StrCat("there is no run ", filter.run_id));
  }
  if (filter.job_id != 0 || filter.run_id != 0) return absl::OkStatus();
  return absl::InvalidArgumentError("neither a job nor a run is named");
}

// Adds the scores of other graders to `predictions`, which are neighbours in one run.
absl::Status AddOtherScores(pqxx::work& tx, const std::string& grader,
                            absl::Span<StoredPrediction> predictions) {
  if (predictions.empty()) return absl::OkStatus();
  const PredictionPosition& first = predictions.front().position;
  const PredictionPosition& last = predictions.back().position;
  size_t i = 0;
  for (const auto& row : tx.exec_params(kOtherScores, first.run_id, grader, first.ordinal,
                                        first.sample_index, last.ordinal, last.sample_index)) {
    const std::pair place(row[0].as<int64_t>(), row[1].as<int>());
    const auto place_of = [&](size_t at) {
      return std::pair(predictions[at].position.ordinal, predictions[at].position.sample_index);
    };
    while (i < predictions.size() && place_of(i) < place) ++i;
    if (i == predictions.size()) break;
    if (place_of(i) != place) continue;  // a prediction that the filter left out
    ASSAY_ASSIGN_OR_RETURN(Score score, ReadScore(row, 2));
    predictions[i].other_scores.push_back(std::move(score));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PredictionPage> PredictionStore::List(const PredictionFilter& filter,
                                                     const PredictionPosition& after, int limit,
                                                     size_t limit_bytes) {
  std::vector<std::string> verdicts;
  for (const Verdict verdict : filter.verdicts) verdicts.emplace_back(VerdictName(verdict));
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<PredictionPage> {
    ASSAY_RETURN_IF_ERROR(CheckExists(tx, filter));
    PredictionPage page;
    size_t bytes = 0;
    for (const auto& run : tx.exec_params(kRuns, filter.job_id, filter.benchmark, filter.model,
                                          after.run_id, filter.run_id)) {
      const auto run_id = run[0].as<int64_t>();
      const std::string grader = run[4].c_str();
      const PredictionPosition from =
          run_id == after.run_id ? after : PredictionPosition{run_id, -1, -1};
      const size_t first = page.predictions.size();
      // One more than fits tells whether there is more.
      const int wanted = limit - static_cast<int>(first) + 1;
      for (const auto& row : tx.exec_params(kPage, run_id, run[3].as<int64_t>(), from.ordinal,
                                            from.sample_index, filter.item_id, filter.only_wrong,
                                            wanted, grader, EncodeArray(verdicts))) {
        if (static_cast<int>(page.predictions.size()) == limit || bytes > limit_bytes) {
          page.more = true;
          break;
        }
        ASSAY_ASSIGN_OR_RETURN(StoredPrediction stored, ReadPrediction(row));
        stored.position.run_id = run_id;
        stored.benchmark = run[1].c_str();
        stored.model = run[2].c_str();
        bytes += BytesOf(stored);
        page.predictions.push_back(std::move(stored));
      }
      if (filter.other_scores) {
        ASSAY_RETURN_IF_ERROR(
            AddOtherScores(tx, grader, absl::MakeSpan(page.predictions).subspan(first)));
      }
      if (page.more) return page;
    }
    return page;
  });
}

}  // namespace assay
