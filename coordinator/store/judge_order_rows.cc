#include "coordinator/store/judge_order_rows.h"

#include <nlohmann/json.hpp>

#include "common/base/status_macros.h"

namespace assay {
namespace {

using Json = nlohmann::json;

absl::StatusOr<JudgeRequest> Read(const Json& json) {
  JudgeRequest request;
  request.judges = json.at("judges").get<std::vector<std::string>>();
  for (const Json& criterion : json.at("criteria")) {
    request.criteria.push_back({criterion.at("name"), criterion.at("rubric")});
  }
  request.grader = json.at("grader");
  request.shard_items = json.at("shard_items");
  request.reuse = json.value("reuse", true);
  RunSettings& settings = request.settings;
  ASSAY_ASSIGN_OR_RETURN(settings.precision,
                         ParsePrecision(json.at("precision").get<std::string>()));
  settings.limit = json.at("limit");
  ASSAY_ASSIGN_OR_RETURN(settings.prompt_template,
                         ParsePromptTemplate(json.at("prompt_template").get<std::string>()));
  settings.system_prompt = json.at("system_prompt");
  ASSAY_ASSIGN_OR_RETURN(settings.bos, ParseBosHandling(json.at("bos").get<std::string>()));
  SamplingSettings& sampling = settings.sampling;
  if (!json.at("temperature").is_null()) sampling.temperature = json.at("temperature");
  sampling.top_p = json.at("top_p");
  sampling.top_k = json.at("top_k");
  sampling.seed = json.at("seed");
  return request;
}

}  // namespace

std::string EncodeJudgeRequest(const JudgeRequest& request) {
  Json criteria = Json::array();
  for (const JudgeCriterion& criterion : request.criteria) {
    criteria.push_back({{"name", criterion.name}, {"rubric", criterion.rubric}});
  }
  const RunSettings& settings = request.settings;
  const SamplingSettings& sampling = settings.sampling;
  const Json json = {
      {"judges", request.judges},
      {"criteria", std::move(criteria)},
      {"grader", request.grader},
      {"shard_items", request.shard_items},
      {"reuse", request.reuse},
      {"precision", std::string(PrecisionName(settings.precision))},
      {"limit", settings.limit},
      {"prompt_template", std::string(PromptTemplateName(settings.prompt_template))},
      {"system_prompt", settings.system_prompt},
      {"bos", std::string(BosHandlingName(settings.bos))},
      {"temperature", sampling.temperature.has_value() ? Json(*sampling.temperature) : Json()},
      {"top_p", sampling.top_p},
      {"top_k", sampling.top_k},
      {"seed", sampling.seed}};
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

absl::StatusOr<JudgeRequest> DecodeJudgeRequest(const std::string& json) {
  try {
    return Read(Json::parse(json));
  } catch (const Json::exception& error) {
    return absl::InternalError(error.what());
  }
}

void InsertJudgeOrder(pqxx::work& tx, int64_t job_id, const JudgeRequest& request) {
  tx.exec_params("INSERT INTO judge_orders (job_id, request) VALUES ($1, $2::json)", job_id,
                 EncodeJudgeRequest(request));
}

}  // namespace assay
