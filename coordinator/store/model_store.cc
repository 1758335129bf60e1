#include "coordinator/store/model_store.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/remote/remote_model.h"
#include "coordinator/store/events.h"
#include "coordinator/store/model_rows.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kInsert[] =
    "INSERT INTO models (name, path, format, architecture, weights_sha256, tokenizer_sha256, "
    "parameters, context_length, vocabulary_size, stored_type, characters_per_token, remote, "
    "generation_settings, base_path) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::json, $13, $14) "
    "ON CONFLICT (name) DO NOTHING RETURNING 1";

constexpr char kUpdateRemote[] =
    "UPDATE models SET remote = $2::json, context_length = $3, characters_per_token = $4 "
    "WHERE name = $1";
constexpr char kUpdateFiles[] =
    "UPDATE models SET path = $2, generation_settings = $3, base_path = $4, removed = NULL "
    "WHERE name = $1";

// Runs refer to the row, so that a submission which comes now waits for what becomes of it.
constexpr char kLock[] = "SELECT 1 FROM models WHERE name = $1 AND removed IS NULL FOR UPDATE";
constexpr char kUses[] =
    "SELECT count(*), count(*) FILTER (WHERE state IN ('pending', 'running')), "
    "  coalesce(string_agg(DISTINCT job_id::text, ', ') "
    "           FILTER (WHERE state IN ('pending', 'running')), '') "
    "FROM runs WHERE model_name = $1";

std::string Select(absl::string_view rest) {
  return absl::StrCat("SELECT ", kModelColumns, " FROM models m ", rest);
}

absl::Status NoSuchModel(pqxx::work& tx, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& row : tx.exec("SELECT name FROM models WHERE removed IS NULL ORDER BY name")) {
    names.push_back(row[0].c_str());
  }
  const bool removed = !tx.exec_params("SELECT 1 FROM models WHERE name = $1", name).empty();
  return absl::NotFoundError(absl::StrCat(
      removed ? "model \"" : "unknown model \"", name, removed ? "\" was removed; " : "\"; ",
      names.empty() ? "there is none yet: assay model add NAME PATH"
                    : absl::StrCat("there are: ", absl::StrJoin(names, ", "))));
}

}  // namespace

absl::StatusOr<ModelSpec> ReadModel(const pqxx::row& row, int first) {
  ModelSpec model;
  int i = first;
  model.name = row[i++].c_str();
  model.path = row[i++].c_str();
  model.format = row[i++].c_str();
  model.architecture = row[i++].c_str();
  model.weights_sha256 = row[i++].c_str();
  model.tokenizer_sha256 = row[i++].c_str();
  model.parameters = row[i++].as<int64_t>();
  model.context_length = row[i++].as<int64_t>();
  model.vocabulary_size = row[i++].as<int64_t>();
  model.stored_type = row[i++].c_str();
  model.characters_per_token = row[i++].as<double>();
  if (!row[i].is_null()) {
    ASSAY_ASSIGN_OR_RETURN(model.remote, RemoteEndpointFromJson(row[i].c_str()));
  }
  model.generation_settings = row[++i].c_str();
  model.base_path = row[++i].c_str();
  return model;
}

absl::StatusOr<bool> ModelStore::Add(const ModelSpec& model) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<bool> {
    const std::optional<std::string> remote =
        model.remote.has_value() ? std::optional(RemoteEndpointToJson(*model.remote))
                                 : std::nullopt;
    const pqxx::result inserted = tx.exec_params(
        kInsert, model.name, model.path, model.format, model.architecture, model.weights_sha256,
        model.tokenizer_sha256, model.parameters, model.context_length, model.vocabulary_size,
        model.stored_type, model.characters_per_token, remote, model.generation_settings,
        model.base_path);
    if (!inserted.empty()) return false;
    ASSAY_ASSIGN_OR_RETURN(
        const ModelSpec stored,
        ReadModel(tx.exec_params1(Select("WHERE m.name = $1 FOR UPDATE"), model.name), 0));
    const bool removed =
        tx.exec_params1("SELECT removed IS NOT NULL FROM models WHERE name = $1", model.name)[0]
            .as<bool>();
    if (stored.weights_sha256 == model.weights_sha256 &&
        stored.tokenizer_sha256 == model.tokenizer_sha256 &&
        ((stored.path == model.path && stored.base_path == model.base_path) ||
         (removed && !remote.has_value()))) {
      tx.exec_params(kUpdateFiles, model.name, model.path, model.generation_settings,
                     model.base_path);
      // The same model behind its endpoint; how it is asked may change.
      if (remote.has_value()) {
        tx.exec_params(kUpdateRemote, model.name, *remote, model.context_length,
                       model.characters_per_token);
      }
      return !removed;
    }
    const bool remote_differs = stored.remote.has_value() || model.remote.has_value();
    const char* difference = remote_differs ? "another endpoint, name there or API"
                             : stored.weights_sha256 != model.weights_sha256 ? "other weights"
                             : stored.path != model.path                     ? "another path"
                             : stored.base_path != model.base_path ? "its base in another place"
                                                                   : "another tokenizer";
    return absl::AlreadyExistsError(
        absl::StrCat("the name \"", model.name, "\" is taken by a model with ", difference, " (",
                     stored.path, ", weights ", stored.weights_sha256.substr(0, 12),
                     "); results are stored under that name, so add this one under another"));
  });
}

absl::StatusOr<std::vector<ModelSpec>> ModelStore::List(bool with_removed) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<ModelSpec>> {
    std::vector<ModelSpec> models;
    for (const auto& row : tx.exec_params(
             Select("WHERE $1::boolean OR m.removed IS NULL ORDER BY m.name"), with_removed)) {
      ASSAY_ASSIGN_OR_RETURN(ModelSpec model, ReadModel(row, 0));
      models.push_back(std::move(model));
    }
    return models;
  });
}

absl::StatusOr<ModelSpec> ModelStore::Find(const std::string& name) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<ModelSpec> {
    const pqxx::result rows =
        tx.exec_params(Select("WHERE m.name = $1 AND m.removed IS NULL"), name);
    if (!rows.empty()) return ReadModel(rows[0], 0);
    return NoSuchModel(tx, name);
  });
}

absl::StatusOr<int64_t> ModelStore::Remove(const std::string& name) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<int64_t> {
    if (tx.exec_params(kLock, name).empty()) return NoSuchModel(tx, name);
    const pqxx::row uses = tx.exec_params1(kUses, name);
    const auto runs = uses[0].as<int64_t>();
    if (const auto unfinished = uses[1].as<int64_t>(); unfinished > 0) {
      return absl::FailedPreconditionError(absl::StrCat(
          "model \"", name, "\" is needed for ", unfinished,
          unfinished == 1 ? " run that has" : " runs that have", " not ended, of job ",
          uses[2].c_str(), "; wait for them (assay watch JOB) or give them up (assay cancel JOB)"));
    }
    if (runs == 0) {
      tx.exec_params("DELETE FROM models WHERE name = $1", name);
    } else {
      tx.exec_params("UPDATE models SET removed = now() WHERE name = $1", name);
    }
    RecordEvent(tx, {.kind = "model_removed", .message = name});
    return runs;
  });
}

}  // namespace assay
