#include "client/exchange/lm_eval_sample.h"

#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/exchange/json_text.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

using Json = ExchangeJson;

// Numbers are texts in lm-eval's samples: "-3.25", "-inf".
absl::StatusOr<double> NumberOf(const Json& json) {
  double number = 0;
  if (json.is_number()) {
    number = json.get<double>();
  } else if (!json.is_string() || !absl::SimpleAtod(json.get<std::string>(), &number)) {
    return absl::InvalidArgumentError("resps: a log-likelihood is no number");
  }
  if (std::isnan(number)) return absl::InvalidArgumentError("resps: a log-likelihood is NaN");
  return number;
}

absl::Status ReadResponses(const Json& resps, LmEvalSample& sample) {
  if (!resps.is_array() || resps.empty()) {
    return absl::InvalidArgumentError("resps: is missing or no list");
  }
  for (const Json& request : resps) {
    if (!request.is_array() || request.empty()) {
      return absl::InvalidArgumentError("resps: is no list of lists");
    }
    for (const Json& repeat : request) {
      if (repeat.is_string()) {
        sample.outputs.push_back(repeat.get<std::string>());
      } else if (repeat.is_array() && repeat.size() == 2 && request.size() == 1) {
        ASSAY_ASSIGN_OR_RETURN(const double number, NumberOf(repeat[0]));
        sample.loglikelihoods.push_back(number);
      } else {
        return absl::InvalidArgumentError("resps: neither texts nor log-likelihoods");
      }
    }
  }
  if (sample.outputs.empty() == sample.loglikelihoods.empty()) {
    return absl::InvalidArgumentError("resps: neither texts nor log-likelihoods");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LmEvalSample> ReadLmEvalSample(absl::string_view line) {
  const Json json = ParseJson(line);
  if (!json.is_object()) {
    return absl::InvalidArgumentError("is no whole JSON object; is the file cut short?");
  }
  LmEvalSample sample;
  sample.doc = json.value("doc", Json());
  sample.filter = json.value("filter", Json()).is_string() ? json["filter"].get<std::string>() : "";
  const Json arguments = json.value("arguments", Json());
  const Json first = arguments.is_object() ? arguments.value("gen_args_0", Json()) : Json();
  const Json prompt = first.is_object() ? first.value("arg_0", Json()) : Json();
  if (prompt.is_null()) return absl::InvalidArgumentError("arguments: has no gen_args_0.arg_0");
  // The messages of a chat template are a list.
  sample.prompt = prompt.is_string() ? prompt.get<std::string>() : prompt.dump();
  ASSAY_RETURN_IF_ERROR(ReadResponses(json.value("resps", Json()), sample));
  const Json metrics = json.value("metrics", Json());
  if (!metrics.is_array() || metrics.empty() || !metrics[0].is_string()) {
    return absl::InvalidArgumentError("metrics: is no list of names");
  }
  sample.metric = metrics[0].get<std::string>();
  const Json value = json.value(sample.metric, Json());
  const bool is_number = value.is_number() || value.is_boolean();
  sample.value = value.is_boolean() ? (value.get<bool>() ? 1 : 0)
                 : is_number        ? value.get<double>()
                                    : 0;
  if (!is_number || !(sample.value >= 0 && sample.value <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat(sample.metric, ": is no number between 0 and 1"));
  }
  return sample;
}

}  // namespace assay
