#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/exchange/export.h"
#include "client/exchange/text_file.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

using Json = ExchangeJson;

std::string UnixSeconds(absl::Time time) { return absl::StrCat(absl::ToUnixSeconds(time)); }

// A UUID of version 4 that is the same for the same run and time: its bits are of a digest.
std::string MakeUuid(const std::string& seed) {
  std::string hex = Sha256Hex(seed).substr(0, 32);
  hex[12] = '4';
  hex[16] = "89ab"[hex[16] % 4];
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20));
}

Json ResultOf(const ExportedRun& run, const v1::Metric& metric) {
  const v1::RunProgress& progress = run.result.run();
  const v1::RunSpec& spec = progress.spec();
  const v1::RunSettings& settings = spec.settings();
  const bool is_rating = metric.low() > 1 || metric.high() > 1;
  const std::string name = metric.group().empty()
                               ? spec.benchmark()
                               : absl::StrCat(spec.benchmark(), ".", metric.group());
  Json generation = {{"temperature", settings.sampling().temperature()},
                     {"top_p", settings.sampling().top_p()}};
  if (settings.sampling().top_k() > 0) generation["top_k"] = settings.sampling().top_k();
  return {{"evaluation_result_id", absl::StrCat(name, "/", metric.name())},
          {"evaluation_name", name},
          {"source_data",
           {{"dataset_name", spec.dataset_name()},
            {"source_type", "other"},
            {"additional_details", {{"sha256", spec.dataset_sha256()}}}}},
          {"evaluation_timestamp", UnixSeconds(FromTimestamp(progress.finished()))},
          {"metric_config",
           {{"evaluation_description", absl::StrCat("protocol ", settings.protocol(), " version ",
                                                    settings.protocol_version())},
            {"metric_id", metric.name()},
            {"metric_name", metric.name()},
            {"metric_unit", is_rating ? "points" : "proportion"},
            {"lower_is_better", false},
            {"score_type", "continuous"},
            {"min_score", is_rating ? 1 : 0},
            {"max_score", is_rating ? 5 : 1},
            {"additional_details",
             {{"grader", progress.grader()},
              {"grader_version", absl::StrCat(progress.grader_version())}}}}},
          {"score_details",
           {{"score", metric.value()},
            {"details",
             {{"errors", absl::StrCat(metric.errors())},
              {"unanswered", absl::StrCat(metric.unanswered())},
              {"unparsable", absl::StrCat(metric.unparsable())}}},
            {"uncertainty",
             {{"standard_error", {{"value", metric.standard_error()}, {"method", "analytic"}}},
              {"confidence_interval",
               {{"lower", metric.low()}, {"upper", metric.high()}, {"confidence_level", 0.95}}},
              {"num_samples", metric.items()}}}}},
          {"generation_config",
           {{"generation_args", std::move(generation)},
            {"additional_details",
             {{"shots", absl::StrCat(settings.shots())},
              {"limit", absl::StrCat(settings.limit())},
              {"samples", absl::StrCat(settings.sampling().samples())},
              {"seed", absl::StrCat(settings.sampling().seed())}}}}}};
}

}  // namespace

absl::StatusOr<Files> ExportEveryEvalEver(const ExportSource& source, absl::Time retrieved,
                                          const std::string& folder) {
  Files files;
  for (const ExportedRun& run : source.runs) {
    const v1::RunProgress& progress = run.result.run();
    const v1::RunSpec& spec = progress.spec();
    const bool is_remote = run.model.has_remote();
    Json results = Json::array();
    for (const v1::Metric& metric : run.result.metrics()) results.push_back(ResultOf(run, metric));
    const Json document = {
        {"schema_version", "0.3.0"},
        {"evaluation_id", absl::StrCat(spec.benchmark(), "/", spec.model_name(), "/",
                                       UnixSeconds(retrieved), "-run-", spec.run_id())},
        {"evaluation_timestamp", UnixSeconds(FromTimestamp(progress.finished()))},
        {"retrieved_timestamp", UnixSeconds(retrieved)},
        {"source_metadata",
         {{"source_name", "assay"},
          {"source_type", "evaluation_run"},
          {"source_organization_name", "unknown"},
          {"evaluator_relationship", "other"},
          {"additional_details",
           {{"job_id", absl::StrCat(spec.job_id())}, {"run_id", absl::StrCat(spec.run_id())}}}}},
        {"model_info",
         {{"name", spec.model_name()},
          {"id", spec.model_name()},
          {"inference_engine", {{"name", "assay"}, {"version", progress.engine()}}},
          {"additional_details",
           {{"deployment_type", is_remote ? "externally_managed" : "self_deployed"},
            {"model_availability", is_remote ? "unknown" : "open_weights"},
            {"weights_sha256", run.model.weights_sha256()},
            {"tokenizer_sha256", run.model.tokenizer_sha256()},
            {"parameters", absl::StrCat(run.model.parameters())}}}}},
        {"eval_library", {{"name", "assay"}, {"version", kVersion}}},
        {"evaluation_results", std::move(results)}};
    const std::string name =
        absl::StrCat("data/", spec.benchmark(), "/unknown/", spec.model_name(), "/",
                     MakeUuid(absl::StrCat(spec.run_id(), "/", UnixSeconds(retrieved), "/",
                                           run.result.manifest_json())),
                     ".json");
    const std::string path = absl::StrCat(folder, "/", name);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<TextFileWriter> file,
                           TextFileWriter::Create(path));
    ASSAY_RETURN_IF_ERROR(
        file->Write(document.dump(2, ' ', false, Json::error_handler_t::replace).append("\n")));
    ASSAY_RETURN_IF_ERROR(file->Finish());
    files.push_back(name);
  }
  return files;
}

}  // namespace assay
