#include "tests/bench/request_file.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/domain/prediction.h"
#include "worker/engine/engine.h"
#include "worker/model/causal_lm.h"
#include "worker/model/loaded_model.h"

namespace assay {
namespace {

using Json = nlohmann::json;

absl::StatusOr<std::vector<int32_t>> Tokenize(const LoadedModel& model, const std::string& text,
                                              bool special, const Json& expected) {
  ASSAY_ASSIGN_OR_RETURN(std::vector<int32_t> ids, model.tokenizer->Encode(text, special));
  if (ids != expected.get<std::vector<int32_t>>()) {
    return absl::InvalidArgumentError(absl::StrCat("our token ids are not those of the file: ",
                                                   Json(ids).dump(), " against ", expected.dump()));
  }
  return ids;
}

absl::StatusOr<Request> ParseRequest(const Json& line, const LoadedModel& model) {
  Request request;
  request.id = line.at("id").get<uint64_t>();
  ASSAY_ASSIGN_OR_RETURN(request.prompt, Tokenize(model, line.at("prompt").get<std::string>(), true,
                                                  line.at("prompt_ids")));
  if (line.at("choices").is_null()) {
    request.max_new_tokens = line.at("max_new_tokens").get<int>();
    request.stop_token_ids = model.stop_token_ids;
    return request;
  }
  for (size_t i = 0; i < line.at("choices").size(); ++i) {
    ASSAY_ASSIGN_OR_RETURN(std::vector<int32_t> ids,
                           Tokenize(model, line.at("choices").at(i).get<std::string>(), false,
                                    line.at("choice_ids").at(i)));
    request.choices.push_back(std::move(ids));
  }
  return request;
}

absl::StatusOr<Json> ToJson(const Completion& completion, const LoadedModel& model) {
  ASSAY_ASSIGN_OR_RETURN(const std::string text,
                         model.tokenizer->Decode(completion.token_ids, true));
  Json prediction = {{"id", completion.id},
                     {"token_ids", completion.token_ids},
                     {"text", text},
                     {"finish", std::string(FinishReasonName(completion.finish_reason))},
                     {"choice", nullptr}};
  const std::vector<double>& scores = completion.choice_loglikelihoods;
  if (!scores.empty()) {
    prediction["scores"] = scores;
    prediction["choice"] = std::max_element(scores.begin(), scores.end()) - scores.begin();
  }
  return prediction;
}

}  // namespace

absl::StatusOr<std::vector<Request>> ReadRequests(const std::string& path,
                                                  const LoadedModel& model) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
  std::vector<Request> requests;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    const std::string where = absl::StrCat(path, ":", ++number, ": ");
    try {
      absl::StatusOr<Request> request = ParseRequest(Json::parse(line), model);
      if (!request.ok()) {
        return absl::InvalidArgumentError(absl::StrCat(where, request.status().message()));
      }
      requests.push_back(*std::move(request));
    } catch (const Json::exception& error) {
      return absl::InvalidArgumentError(absl::StrCat(where, error.what()));
    }
  }
  return requests;
}

absl::Status WriteResults(const std::string& path, const LoadedModel& model,
                          const std::vector<Completion>& completions, const BenchTimes& times,
                          const EngineStatistics& statistics) {
  Json predictions = Json::array();
  for (const Completion& completion : completions) {
    if (!completion.status.ok()) {
      return absl::InternalError(
          absl::StrCat("request ", completion.id, ": ", completion.status.message()));
    }
    ASSAY_ASSIGN_OR_RETURN(Json prediction, ToJson(completion, model));
    predictions.push_back(std::move(prediction));
  }
  const Json result = {{"load_seconds", times.load},
                       {"prepare_seconds", times.prepare},
                       {"run_seconds", times.run},
                       {"first_prediction_seconds", times.first_prediction},
                       {"weight_bytes", model.language_model->weight_bytes()},
                       {"statistics",
                        {{"passes", statistics.steps},
                         {"prompt_tokens", statistics.prompt_tokens},
                         {"cached_tokens", statistics.cached_tokens},
                         {"computed_tokens", statistics.computed_tokens},
                         {"generated_tokens", statistics.generated_tokens}}},
                       {"predictions", std::move(predictions)}};
  std::ofstream file(path);
  file << result.dump() << "\n";
  file.close();
  if (!file) return absl::InternalError(absl::StrCat(path, ": cannot be written"));
  return absl::OkStatus();
}

}  // namespace assay
