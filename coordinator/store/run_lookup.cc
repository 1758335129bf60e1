#include "coordinator/store/run_lookup.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "coordinator/store/run_rows.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

// A model's name never changes its files.
constexpr char kSame[] = R"(
  SELECT %s, r.state FROM runs r JOIN datasets d USING (dataset_id)
  WHERE r.model_name = $1 AND d.benchmark = $2 AND d.sha256 = $3
    AND r.protocol = $4 AND r.protocol_version = $5 AND r.shots = $6 AND r.precision_name = $7
    AND r.item_limit = $8 AND r.prompt_template = $9 AND r.system_prompt = $10 AND r.bos = $11
    AND r.temperature = $12 AND r.top_p = $13 AND r.top_k = $14 AND r.seed = $15
    AND r.samples = $16 AND coalesce(r.benchmark_sha256, '') = $17
    AND r.judged_run IS NULL AND r.origin IS NULL
    AND r.state IN ('completed', 'running', 'pending')
  ORDER BY (r.state = 'completed') DESC, r.run_id DESC LIMIT 1)";

}  // namespace

absl::StatusOr<std::optional<FoundRun>> RunLookup::FindSame(const RunSpec& spec) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::optional<FoundRun>> {
    const RunSettings& settings = spec.settings;
    const pqxx::result rows = tx.exec_params(
        absl::StrFormat(kSame, kRunSpecColumns), spec.model_name, spec.benchmark,
        spec.dataset_sha256, settings.protocol, settings.protocol_version, settings.shots,
        std::string(PrecisionName(settings.precision)), settings.limit,
        std::string(PromptTemplateName(settings.prompt_template)), settings.system_prompt,
        std::string(BosHandlingName(settings.bos)), settings.sampling.temperature.value_or(0),
        settings.sampling.top_p, settings.sampling.top_k, settings.sampling.seed,
        settings.sampling.samples, spec.benchmark_sha256);
    if (rows.empty()) return std::nullopt;
    FoundRun found;
    ASSAY_ASSIGN_OR_RETURN(found.spec, ReadRunSpec(rows[0], 0));
    ASSAY_ASSIGN_OR_RETURN(found.state, ParseState(rows[0][kRunSpecColumnCount].c_str()));
    return found;
  });
}

}  // namespace assay
