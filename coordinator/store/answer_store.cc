#include "coordinator/store/answer_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/benchmark/impact.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/run_rows.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kRun[] =
    "SELECT %s, r.state FROM runs r JOIN datasets d USING (dataset_id) WHERE r.run_id = $1";
constexpr char kRuns[] = "SELECT run_id FROM runs WHERE job_id = $1 ORDER BY run_id";
constexpr char kRubric[] = "SELECT rubric FROM runs WHERE run_id = $1";
constexpr char kAnswers[] =
    "SELECT item_ordinal, output, error FROM predictions "
    "WHERE run_id = $1 AND sample_index = 0 ";

std::pair<int64_t, StoredAnswer> ReadAnswer(const pqxx::row& row) {
  return {row[0].as<int64_t>(), {DecodeBytes(row[1].c_str()), row[2].c_str()}};
}

}  // namespace

absl::StatusOr<JudgedRun> AnswerStore::Find(int64_t run_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<JudgedRun> {
    const pqxx::result rows = tx.exec_params(absl::StrFormat(kRun, kRunSpecColumns), run_id);
    if (rows.empty()) return absl::NotFoundError(absl::StrCat("there is no run ", run_id));
    JudgedRun run;
    ASSAY_ASSIGN_OR_RETURN(run.spec, ReadRunSpec(rows[0], 0));
    ASSAY_ASSIGN_OR_RETURN(run.state, ParseState(rows[0][kRunSpecColumnCount].c_str()));
    return run;
  });
}

absl::StatusOr<std::vector<int64_t>> AnswerStore::RunsOf(int64_t job_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<int64_t>> {
    std::vector<int64_t> runs;
    for (const auto& row : tx.exec_params(kRuns, job_id)) runs.push_back(row[0].as<int64_t>());
    if (runs.empty()) return absl::NotFoundError(absl::StrCat("there is no job ", job_id));
    return runs;
  });
}

absl::StatusOr<std::map<int64_t, StoredAnswer>> AnswerStore::Read(int64_t run_id) {
  return Transact(*database_,
                  [&](pqxx::work& tx) -> absl::StatusOr<std::map<int64_t, StoredAnswer>> {
                    std::map<int64_t, StoredAnswer> answers;
                    for (const auto& row : tx.exec_params(kAnswers, run_id))
                      answers.insert(ReadAnswer(row));
                    return answers;
                  });
}

absl::Status AnswerStore::AddAnswers(const RunSpec& run, absl::Span<Item> items) {
  if (run.judged_run == 0) return absl::OkStatus();
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    const std::string rubric = tx.exec_params1(kRubric, run.run_id)[0].c_str();
    std::vector<int64_t> ordinals;
    std::map<int64_t, Item*> missing;
    for (Item& item : items) {
      ordinals.push_back(item.ordinal);
      missing[item.ordinal] = &item;
    }
    for (const auto& row :
         tx.exec_params(absl::StrCat(kAnswers, "AND item_ordinal = ANY($2::integer[])"),
                        run.judged_run, EncodeArray(ordinals))) {
      const auto [ordinal, answer] = ReadAnswer(row);
      SetAnswer(answer, rubric, *missing.at(ordinal));
      missing.erase(ordinal);
    }
    if (missing.empty()) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("run ", run.judged_run, " has no answer to item ",
                                            missing.begin()->second->id));
  });
}

absl::StatusOr<std::shared_ptr<const Dataset>> AnswerStore::WithAnswers(
    const RunSpec& run, const Dataset& dataset, absl::Span<const int64_t> ordinals) {
  std::vector<Item> items(dataset.items().begin(), dataset.items().end());
  std::vector<Item> asked;
  for (const int64_t ordinal : ordinals) {
    if (const Item* item = dataset.Find(ordinal)) asked.push_back(*item);
  }
  ASSAY_RETURN_IF_ERROR(AddAnswers(run, absl::MakeSpan(asked)));
  for (Item& item : asked) items[item.ordinal] = std::move(item);
  return Dataset::Create(std::move(items));
}

void SetAnswer(const StoredAnswer& answer, const std::string& rubric, Item& item) {
  item.fields[kAnswerField] = answer.text;
  if (!answer.error.empty()) item.fields[kAnswerErrorField] = answer.error;
  item.fields[kRubricField] = rubric;
}

}  // namespace assay
