#include "client/commands/remote_model_options.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/domain/model_spec.h"
#include "common/remote/remote_model.h"
#include "common/rpc/convert.h"

namespace assay {

void AddRemoteModelOptions(CLI::App* command, RemoteModelOptions* options) {
  RemoteEndpoint& endpoint = options->endpoint;
  const std::string group = "Models behind an endpoint";
  CLI::Option* url =
      command
          ->add_option("--endpoint", options->url,
                       "Base URL of an OpenAI-compatible endpoint, like https://host/v1, that has "
                       "the model; there is no PATH then")
          ->type_name("URL")
          ->group(group);
  const auto add = [&](const std::string& name, auto& value, const std::string& what) {
    return command->add_option(name, value, what)->needs(url)->group(group);
  };
  add("--remote-model", endpoint.model, "What the endpoint calls it")->type_name("NAME");
  add("--api", options->api,
      "chat: prompts are messages; completions: texts that go on, for protocols that compare "
      "choices too where the endpoint echoes prompts with log-probabilities")
      ->check(CLI::IsMember({"chat", "completions"}))
      ->capture_default_str();
  add("--api-key-env", endpoint.key_name,
      "What the workers know the endpoint's key by: an environment variable of theirs that ends in "
      "_API_KEY, or a line of their --api-key-file")
      ->type_name("NAME");
  add("--price-input", endpoint.input_price, "Price of a million tokens of prompts")
      ->type_name("P");
  add("--price-output", endpoint.output_price, "Price of a million tokens of answers")
      ->type_name("P");
  add("--requests-per-minute", endpoint.requests_per_minute, "Of each worker, at most")
      ->type_name("N");
  add("--tokens-per-minute", endpoint.tokens_per_minute, "Of each worker, at most")->type_name("N");
  add("--concurrency", endpoint.concurrency, "Requests at once, of each worker")
      ->type_name("N")
      ->capture_default_str();
  add("--context", options->context_length,
      "The model's context in tokens; longer prompts are cut at the front (default: not known, "
      "nothing is cut)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  add("--characters-per-token", options->characters_per_token,
      "What prompts are measured by, since the tokenizer is not known")
      ->type_name("C")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 100.0));
}

absl::StatusOr<v1::ModelSpec> ReadRemoteModel(const std::string& name,
                                              const RemoteModelOptions& options) {
  RemoteEndpoint endpoint = options.endpoint;
  if (endpoint.model.empty()) {
    return absl::InvalidArgumentError("--remote-model must say what the endpoint calls the model");
  }
  ASSAY_ASSIGN_OR_RETURN(endpoint.api, ParseRemoteApi(options.api));
  ASSAY_ASSIGN_OR_RETURN(const ModelSpec model,
                         MakeRemoteModel(name, options.url, endpoint, options.context_length,
                                         options.characters_per_token));
  return ToProto(model);
}

std::string DescribeRemoteModel(const v1::ModelSpec& model) {
  return absl::StrCat(model.remote().model(), " at ", model.path(), " (",
                      model.remote().api() == v1::REMOTE_API_CHAT ? "chat" : "completions", ")");
}

}  // namespace assay
