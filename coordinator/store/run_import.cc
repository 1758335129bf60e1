#include "coordinator/store/run_import.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/remote/remote_model.h"
#include "coordinator/store/dataset_rows.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/events.h"
#include "coordinator/store/prediction_rows.h"
#include "coordinator/store/score_rows.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kInsertJob[] =
    "INSERT INTO jobs (state, submitted, finished) "
    "VALUES ('completed', to_timestamp($1::double precision), "
    "  to_timestamp($2::double precision)) "
    "RETURNING job_id";
constexpr char kInsertModel[] =
    "INSERT INTO models (name, path, format, architecture, weights_sha256, tokenizer_sha256, "
    "  parameters, context_length, vocabulary_size, stored_type, characters_per_token, remote, "
    "  generation_settings) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::json, $13) "
    "ON CONFLICT (name) DO NOTHING RETURNING 1";
constexpr char kInsertDataset[] =
    "INSERT INTO datasets (benchmark, sha256, items, examples, groups, reading_sha256, exported) "
    "VALUES ($1, $2, $3, $4, $5, $6, true) "
    "ON CONFLICT (benchmark, sha256) DO NOTHING RETURNING dataset_id";
constexpr char kPointFreeName[] =
    "INSERT INTO dataset_names (name, dataset_id) SELECT $1, dataset_id FROM datasets "
    "WHERE benchmark = $2 AND sha256 = $3 ON CONFLICT (name) DO NOTHING";
// "items" must be positive from the start; what is right is known at the end.
constexpr char kInsertRun[] =
    "INSERT INTO runs (job_id, state, error, model_name, dataset_id, dataset_name, protocol, "
    "  protocol_version, shots, precision_name, item_limit, manifest, engine, estimated_tokens, "
    "  items, started, finished, prompt_template, system_prompt, bos, temperature, top_p, top_k, "
    "  seed, samples, grader, grader_version, rescored, origin, benchmark_sha256, runs_programs, "
    "  sandbox) "
    "SELECT $1::bigint, $2, $3, $4, dataset_id, $5, $6, $7::integer, $8::integer, $9, $10::bigint, "
    "  $11::json, $12, 0, 1, to_timestamp($13::double precision), "
    "  to_timestamp($14::double precision), $15, $16, $17, $18::double precision, "
    "  $19::double precision, $20::integer, $21::bigint, $22::integer, $23, $24::integer, "
    "  to_timestamp($25::double precision), $26::json, nullif($29, ''), "
    "  $30 <> '', nullif($30, '') "
    "FROM datasets WHERE benchmark = $27 AND sha256 = $28 RETURNING run_id, dataset_id";
constexpr char kEndRun[] =
    "UPDATE runs SET items = greatest($7::bigint, p.done, 1), items_done = p.done, "
    "  items_failed = p.failed, prompt_tokens = p.prompt_tokens, "
    "  cached_tokens = p.cached_tokens, generated_tokens = $6::bigint "
    "FROM (SELECT $2::bigint AS done, $3::bigint AS failed, $4::bigint AS prompt_tokens, "
    "        $5::bigint AS cached_tokens) p WHERE run_id = $1";

constexpr absl::Time kNever = absl::InfinitePast();

std::optional<double> Seconds(absl::Time time, absl::Time missing) {
  if (time == missing) return std::nullopt;
  return static_cast<double>(absl::ToUnixMicros(time)) / 1e6;
}

std::optional<std::string> OrNull(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

}  // namespace

struct RunImport::State {
  State(Database::Session session, absl::Time now)
      : session(std::move(session)), tx(this->session.connection().connection), now(now) {}

  Database::Session session;
  pqxx::work tx;
  const absl::Time now;
  ImportResult result;
  // Of the latest run.
  RunProgress run;
  int64_t done = 0, failed = 0, prompt_tokens = 0, cached_tokens = 0, generated_tokens = 0;
  std::set<std::pair<int64_t, int>> seen;
};

RunImport::RunImport(std::unique_ptr<State> state) : state_(std::move(state)) {}
RunImport::~RunImport() = default;

absl::Status RunImport::Do(const std::function<absl::Status()>& body) {
  try {
    return body();
  } catch (...) {
    const DatabaseError error = DescribeCurrentException();
    if (error.broken) state_->session.Discard(error.status.message());
    return error.status;
  }
}

absl::StatusOr<std::unique_ptr<RunImport>> RunImport::Begin(Database* database,
                                                            absl::Time submitted, absl::Time now) {
  ASSAY_ASSIGN_OR_RETURN(Database::Session session, database->Acquire());
  try {
    auto state = std::make_unique<State>(std::move(session), now);
    state->result.job_id =
        state->tx
            .exec_params1(kInsertJob,
                          Seconds(submitted == absl::InfinitePast() ? now : submitted, kNever),
                          Seconds(now, kNever))[0]
            .as<int64_t>();
    return std::unique_ptr<RunImport>(new RunImport(std::move(state)));
  } catch (...) {
    return DescribeCurrentException().status;
  }
}

absl::Status RunImport::AddModel(const ModelSpec& model) {
  return Do([&]() -> absl::Status {
    const std::optional<std::string> remote =
        model.remote.has_value() ? std::optional(RemoteEndpointToJson(*model.remote))
                                 : std::nullopt;
    const pqxx::result inserted = state_->tx.exec_params(
        kInsertModel, model.name, model.path, model.format, model.architecture,
        model.weights_sha256, model.tokenizer_sha256, model.parameters, model.context_length,
        model.vocabulary_size, model.stored_type, model.characters_per_token, remote,
        model.generation_settings);
    if (!inserted.empty() || model.format == "imported") return absl::OkStatus();
    const pqxx::row stored = state_->tx.exec_params1(
        "SELECT weights_sha256, tokenizer_sha256 FROM models WHERE name = $1", model.name);
    if (stored[0].c_str() == model.weights_sha256 && stored[1].c_str() == model.tokenizer_sha256) {
      return absl::OkStatus();
    }
    return absl::AlreadyExistsError(
        absl::StrCat("the name \"", model.name, "\" is here that of a model with other weights (",
                     stored[0].c_str(), ") than in what is imported (", model.weights_sha256, ")"));
  });
}

absl::Status RunImport::AddDataset(const DatasetInfo& dataset, absl::Span<const Item> items) {
  for (const Item& item : items) ASSAY_RETURN_IF_ERROR(CheckStorable(item));
  return Do([&]() -> absl::Status {
    pqxx::work& tx = state_->tx;
    const pqxx::result inserted =
        tx.exec_params(kInsertDataset, dataset.benchmark, dataset.sha256, dataset.items,
                       dataset.examples, dataset.groups, dataset.reading_sha256);
    if (inserted.empty()) {
      ASSAY_ASSIGN_OR_RETURN(const std::vector<Item> stored,
                             ReadAllItems(tx, dataset.benchmark, dataset.sha256));
      if (!std::equal(items.begin(), items.end(), stored.begin(), stored.end())) {
        return absl::InvalidArgumentError(absl::StrCat(
            "the data set of ", dataset.benchmark, " with sha256 ", dataset.sha256,
            " has other items here than in what is imported; the import is not of this data"));
      }
    } else {
      CopyItems(tx, inserted[0][0].as<int64_t>(), items);
    }
    tx.exec_params(kPointFreeName, dataset.name, dataset.benchmark, dataset.sha256);
    return absl::OkStatus();
  });
}

absl::Status RunImport::AddRun(const RunProgress& run, const std::string& manifest_json) {
  ASSAY_RETURN_IF_ERROR(EndRun());
  return Do([&]() -> absl::Status {
    const RunSpec& spec = run.spec;
    const RunSettings& settings = spec.settings;
    if (state_->tx.exec_params("SELECT 1 FROM models WHERE name = $1", spec.model_name).empty()) {
      return absl::NotFoundError(absl::StrCat("there is no model \"", spec.model_name, "\""));
    }
    const pqxx::result inserted = state_->tx.exec_params(
        kInsertRun, state_->result.job_id, std::string(StateName(run.state)), PlainText(run.error),
        spec.model_name, spec.dataset_name, settings.protocol, settings.protocol_version,
        settings.shots, std::string(PrecisionName(settings.precision)), settings.limit,
        manifest_json, OrNull(run.engine),
        run.engine.empty()
            ? std::nullopt
            : Seconds(run.started == absl::InfinitePast() ? state_->now : run.started,
                      absl::InfinitePast()),
        Seconds(run.finished == absl::InfiniteFuture() ? state_->now : run.finished,
                absl::InfiniteFuture()),
        std::string(PromptTemplateName(settings.prompt_template)), settings.system_prompt,
        std::string(BosHandlingName(settings.bos)), settings.sampling.temperature.value_or(0),
        settings.sampling.top_p, settings.sampling.top_k, settings.sampling.seed,
        settings.sampling.samples, run.grader, run.grader_version,
        Seconds(run.rescored, absl::InfinitePast()), run.origin_json, spec.benchmark,
        spec.dataset_sha256, spec.benchmark_sha256, PlainText(run.sandbox));
    if (inserted.empty()) {
      return absl::NotFoundError(absl::StrCat("there is no data set of ", spec.benchmark,
                                              " with sha256 ", spec.dataset_sha256));
    }
    state_->run = run;
    state_->run.spec.run_id = inserted[0][0].as<int64_t>();
    state_->result.run_ids.push_back(state_->run.spec.run_id);
    return absl::OkStatus();
  });
}

absl::Status RunImport::AddPredictions(absl::Span<const ImportedItem> items) {
  if (state_->result.run_ids.empty()) {
    return absl::InvalidArgumentError("predictions come after their run");
  }
  const int64_t run_id = state_->run.spec.run_id;
  std::vector<ScoreRow> scores;
  for (const ImportedItem& item : items) {
    if (!state_->seen.emplace(item.ordinal, item.prediction.sample_index).second) {
      return absl::AlreadyExistsError(absl::StrCat("item ", item.prediction.item_id,
                                                   " has two predictions of sample ",
                                                   item.prediction.sample_index));
    }
    for (const Score& score : item.scores) {
      scores.push_back({run_id, item.ordinal, item.prediction.sample_index, &score});
    }
  }
  return Do([&]() -> absl::Status {
    std::vector<PredictionRow> predictions;
    for (const ImportedItem& item : items) {
      const Prediction& p = item.prediction;
      predictions.push_back(
          {run_id, item.ordinal, &p, LeaseKey(),
           item.committed == absl::InfinitePast() ? state_->now : item.committed});
      ++state_->done;
      state_->failed += p.error.empty() ? 0 : 1;
      state_->prompt_tokens += p.prompt_tokens;
      state_->cached_tokens += p.cached_tokens;
      state_->generated_tokens += GeneratedTokens(p);
    }
    CopyPredictions(state_->tx, predictions);
    CopyScores(state_->tx, scores);
    return absl::OkStatus();
  });
}

absl::Status RunImport::EndRun() {
  if (state_->result.run_ids.empty()) return absl::OkStatus();
  return Do([&]() -> absl::Status {
    const int64_t run_id = state_->run.spec.run_id;
    state_->tx.exec_params(kEndRun, run_id, state_->done, state_->failed, state_->prompt_tokens,
                           state_->cached_tokens, state_->generated_tokens, state_->run.items);
    RecountRun(state_->tx, run_id);
    RecordEvent(state_->tx, {.kind = "run_imported",
                             .job_id = state_->result.job_id,
                             .run_id = run_id,
                             .message = absl::StrCat(state_->done, " predictions")});
    state_->done = state_->failed = state_->prompt_tokens = state_->cached_tokens =
        state_->generated_tokens = 0;
    state_->seen.clear();
    return absl::OkStatus();
  });
}

absl::StatusOr<ImportResult> RunImport::Commit() {
  if (state_->result.run_ids.empty()) {
    return absl::InvalidArgumentError("there is no run in what is imported");
  }
  ASSAY_RETURN_IF_ERROR(EndRun());
  ASSAY_RETURN_IF_ERROR(Do([&]() -> absl::Status {
    state_->tx.commit();
    return absl::OkStatus();
  }));
  return state_->result;
}

}  // namespace assay
