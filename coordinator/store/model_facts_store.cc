#include "coordinator/store/model_facts_store.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

using Json = nlohmann::json;

constexpr char kColumns[] =
    "name, title, family, foundation, parameters, instruction_data, instruction_examples, method, "
    "tuning, prompt_template, precision_name, license, source, aliases";

// Returns whether the row is new; no row where nothing changed.
constexpr char kPut[] =
    "INSERT INTO model_facts AS f (name, title, family, foundation, parameters, instruction_data, "
    "  instruction_examples, method, tuning, prompt_template, precision_name, license, source, "
    "  aliases) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::json) "
    "ON CONFLICT (name) DO UPDATE SET title = excluded.title, family = excluded.family, "
    "  foundation = excluded.foundation, parameters = excluded.parameters, "
    "  instruction_data = excluded.instruction_data, "
    "  instruction_examples = excluded.instruction_examples, method = excluded.method, "
    "  tuning = excluded.tuning, prompt_template = excluded.prompt_template, "
    "  precision_name = excluded.precision_name, license = excluded.license, "
    "  source = excluded.source, aliases = excluded.aliases, changed = now() "
    "WHERE (f.title, f.family, f.foundation, f.parameters, f.instruction_data, "
    "  f.instruction_examples, f.method, f.tuning, f.prompt_template, f.precision_name, "
    "  f.license, f.source, f.aliases::text) IS DISTINCT FROM (excluded.title, excluded.family, "
    "  excluded.foundation, excluded.parameters, excluded.instruction_data, "
    "  excluded.instruction_examples, excluded.method, excluded.tuning, "
    "  excluded.prompt_template, excluded.precision_name, excluded.license, excluded.source, "
    "  excluded.aliases::text) "
    "RETURNING xmax = 0";

absl::Status CheckStorable(const ModelFacts& facts) {
  ASSAY_RETURN_IF_ERROR(CheckModelFacts(facts));
  const std::string all = absl::StrCat(
      facts.title, facts.family, facts.foundation, facts.instruction_data, facts.prompt_template,
      facts.precision, facts.license, facts.source, absl::StrJoin(facts.aliases, ""));
  if (IsValidUtf8(all)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(facts.name, ": a fact is not UTF-8"));
}

absl::StatusOr<ModelFacts> ReadFacts(const pqxx::row& row) {
  ModelFacts facts;
  int i = 0;
  facts.name = row[i++].c_str();
  facts.title = row[i++].c_str();
  facts.family = row[i++].c_str();
  facts.foundation = row[i++].c_str();
  facts.parameters = row[i++].as<int64_t>();
  facts.instruction_data = row[i++].c_str();
  facts.instruction_examples = row[i++].as<int64_t>();
  ASSAY_ASSIGN_OR_RETURN(facts.method, ParseTrainingMethod(row[i++].c_str()));
  ASSAY_ASSIGN_OR_RETURN(facts.tuning, ParseTuning(row[i++].c_str()));
  facts.prompt_template = row[i++].c_str();
  facts.precision = row[i++].c_str();
  facts.license = row[i++].c_str();
  facts.source = row[i++].c_str();
  const Json aliases = Json::parse(row[i++].c_str(), nullptr, /*allow_exceptions=*/false);
  if (!aliases.is_array()) {
    return absl::InternalError(
        absl::StrCat("model_facts: the aliases of ", facts.name, " are not a list"));
  }
  for (const Json& alias : aliases) {
    if (alias.is_string()) facts.aliases.push_back(alias.get_ref<const std::string&>());
  }
  return facts;
}

}  // namespace

absl::StatusOr<ModelFactsStore::Counts> ModelFactsStore::Put(absl::Span<const ModelFacts> facts) {
  for (const ModelFacts& model : facts) ASSAY_RETURN_IF_ERROR(CheckStorable(model));
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<Counts> {
    Counts counts;
    for (const ModelFacts& model : facts) {
      const pqxx::result row =
          tx.exec_params(kPut, model.name, model.title, model.family, model.foundation,
                         model.parameters, model.instruction_data, model.instruction_examples,
                         std::string(TrainingMethodName(model.method)),
                         std::string(TuningName(model.tuning)), model.prompt_template,
                         model.precision, model.license, model.source, Json(model.aliases).dump());
      if (row.empty()) continue;
      ++(row[0][0].as<bool>() ? counts.added : counts.changed);
    }
    return counts;
  });
}

absl::StatusOr<std::vector<ModelFacts>> ModelFactsStore::List() {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<ModelFacts>> {
    std::vector<ModelFacts> all;
    for (const auto& row : tx.exec(
             absl::StrCat("SELECT ", kColumns, " FROM model_facts ORDER BY name COLLATE \"C\""))) {
      ASSAY_ASSIGN_OR_RETURN(ModelFacts facts, ReadFacts(row));
      all.push_back(std::move(facts));
    }
    return all;
  });
}

absl::StatusOr<ModelFacts> ModelFactsStore::Find(const std::string& name) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<ModelFacts> {
    const pqxx::result rows = tx.exec_params(
        absl::StrCat("SELECT ", kColumns, " FROM model_facts WHERE name = $1"), name);
    if (rows.empty()) {
      return absl::NotFoundError(absl::StrCat("there are no facts of a model \"", name, "\""));
    }
    return ReadFacts(rows[0]);
  });
}

}  // namespace assay
