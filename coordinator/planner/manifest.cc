#include "coordinator/planner/manifest.h"

#include <nlohmann/json.hpp>

#include "common/base/sha256.h"
#include "common/base/version.h"
#include "common/remote/remote_model.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string FormatUtc(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

}  // namespace

std::string MakeManifest(const RunSpec& run, const ModelSpec& model, const Benchmark& benchmark,
                         const ProtocolSpec& protocol, const Grader& grader) {
  const SamplingSettings& sampling = run.settings.sampling;
  Json manifest = {
      {"model",
       {{"name", model.name},
        {"path", model.path},
        {"format", model.format},
        {"architecture", model.architecture},
        {"parameters", model.parameters},
        {"context_length", model.context_length},
        {"vocabulary_size", model.vocabulary_size},
        {"stored_type", model.stored_type},
        {"weights_sha256", model.weights_sha256},
        {"tokenizer_sha256", model.tokenizer_sha256}}},
      {"dataset",
       {{"name", run.dataset_name}, {"benchmark", run.benchmark}, {"sha256", run.dataset_sha256}}},
      {"protocol",
       {{"name", protocol.name},
        {"version", run.settings.protocol_version},
        {"request_type", std::string(RequestTypeName(protocol.request_type))},
        {"max_input", protocol.max_input},
        {"max_output", protocol.max_output},
        {"variants", protocol.variants},
        {"grader", protocol.grader},
        {"grader_version", grader.version()}}},
      {"settings",
       {{"shots", run.settings.shots},
        {"limit", run.settings.limit},
        {"precision", std::string(PrecisionName(run.settings.precision))},
        {"prompt_template", std::string(PromptTemplateName(run.settings.prompt_template))},
        {"system_prompt", run.settings.system_prompt},
        {"bos", std::string(BosHandlingName(run.settings.bos))},
        {"sampling",
         {{"temperature", sampling.temperature.value_or(0)},
          {"top_p", sampling.top_p},
          {"top_k", sampling.top_k},
          {"seed", sampling.seed},
          {"samples", sampling.samples}}}}},
      {"engine_version", kEngineVersion},
      {"program_version", kVersion}};
  if (!run.benchmark_sha256.empty()) {
    manifest["benchmark"] = {{"name", run.benchmark},
                             {"version", benchmark.source()->version},
                             {"sha256", run.benchmark_sha256}};
  }
  if (!protocol.grader_parameters.empty()) {
    manifest["protocol"]["grader_parameters"] = protocol.grader_parameters;
  }
  if (!protocol.stop_texts.empty()) manifest["protocol"]["stop"] = protocol.stop_texts;
  if (!model.base_path.empty()) manifest["model"]["base_path"] = model.base_path;
  if (model.remote.has_value()) {
    manifest["model"]["remote"] = Json::parse(RemoteEndpointToJson(*model.remote));
    manifest["settings"]["precision"] = nullptr;  // only the endpoint knows
    manifest["engine_version"] = kRemoteEngine;
    manifest["bit_reproducible"] = false;
  }
  return Dump(manifest);
}

std::optional<double> CostOfRun(const std::string& manifest_json, const RunProgress& run) {
  const Json manifest = Json::parse(manifest_json, nullptr, /*allow_exceptions=*/false);
  const Json::json_pointer place("/model/remote");
  if (!manifest.is_object() || !manifest.contains(place)) return std::nullopt;
  const absl::StatusOr<RemoteEndpoint> endpoint = RemoteEndpointFromJson(manifest[place].dump());
  if (!endpoint.ok()) return std::nullopt;
  return RemoteCost(*endpoint, run.prompt_tokens, run.generated_tokens);
}

std::string AddJudging(const std::string& manifest_json, const std::string& criterion,
                       const RunSpec& judged, const std::string& rubric) {
  Json manifest = Json::parse(manifest_json, nullptr, /*allow_exceptions=*/false);
  manifest["judging"] = {{"criterion", criterion},
                         {"judged_run", judged.run_id},
                         {"judged_model", judged.model_name},
                         {"judged_protocol", judged.settings.protocol},
                         {"rubric", rubric},
                         {"rubric_sha256", Sha256Hex(rubric)}};
  return Dump(manifest);
}

absl::StatusOr<std::string> StoredManifest(const std::string& complete_json) {
  Json manifest = Json::parse(complete_json, nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object()) return absl::InvalidArgumentError("manifest: is no JSON object");
  for (const char* added : {"job_id", "run_id", "state", "submitted", "engine", "sandbox",
                            "grading", "imported", "cost", "started", "finished"}) {
    manifest.erase(added);
  }
  return Dump(manifest);
}

std::string CompleteManifest(const std::string& manifest_json, const RunProgress& run,
                             absl::Time submitted) {
  Json manifest = Json::parse(manifest_json, nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object()) return manifest_json;
  manifest["job_id"] = run.spec.job_id;
  manifest["run_id"] = run.spec.run_id;
  manifest["state"] = std::string(StateName(run.state));
  manifest["submitted"] = FormatUtc(submitted);
  if (!run.engine.empty()) manifest["engine"] = run.engine;
  if (!run.sandbox.empty()) manifest["sandbox"] = run.sandbox;
  manifest["grading"] = {{"grader", run.grader}, {"version", run.grader_version}};
  if (run.rescored != absl::InfinitePast()) {
    manifest["grading"]["rescored"] = FormatUtc(run.rescored);
  }
  if (!run.origin_json.empty()) {
    manifest["imported"] = Json::parse(run.origin_json, nullptr, /*allow_exceptions=*/false);
  }
  if (const std::optional<double> cost = CostOfRun(manifest_json, run)) {
    manifest["cost"] = {{"prompt_tokens", run.prompt_tokens},
                        {"generated_tokens", run.generated_tokens},
                        {"amount", *cost}};
  }
  if (run.started != absl::InfinitePast()) manifest["started"] = FormatUtc(run.started);
  if (run.finished != absl::InfiniteFuture()) manifest["finished"] = FormatUtc(run.finished);
  return Dump(manifest);
}

}  // namespace assay
