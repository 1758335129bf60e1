#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "client/exchange/import.h"
#include "client/exchange/lm_eval_items.h"
#include "client/exchange/text_file.h"
#include "common/base/file.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "common/catalog/built_in.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

using Json = ExchangeJson;
namespace fs = std::filesystem;

constexpr size_t kBatchBytes = 1 << 20;
constexpr int64_t kMostResultsBytes = int64_t{256} << 20;

// A task's file of samples, and what the results say of the task.
struct TaskFile {
  std::string task;
  std::string path;
};

struct ResultsFile {
  std::string path;
  Json json;
  std::map<std::string, std::vector<TaskFile>> by_benchmark;
};

absl::StatusOr<ResultsFile> ReadResults(const fs::path& path) {
  ResultsFile results;
  results.path = path.string();
  std::error_code error;
  if (static_cast<int64_t>(fs::file_size(path, error)) > kMostResultsBytes || error) {
    return absl::InvalidArgumentError(absl::StrCat(results.path, ": cannot be read, or too large"));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(results.path));
  results.json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!results.json.is_object() || !results.json.value("results", Json()).is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(results.path, ": is no results of lm-eval, or cut short"));
  }
  absl::string_view time = absl::string_view(results.path);
  time.remove_prefix(path.string().size() - path.filename().string().size());
  absl::ConsumePrefix(&time, "results");
  absl::ConsumeSuffix(&time, ".json");  // "_2026-01-02T03-04-05.678"
  std::vector<fs::path> samples;
  for (const auto& entry : fs::directory_iterator(path.parent_path(), error)) {
    samples.push_back(entry.path());
  }
  std::sort(samples.begin(), samples.end());
  for (const fs::path& file : samples) {
    std::string name = file.filename().string();
    absl::string_view task = name;
    if (!absl::ConsumePrefix(&task, "samples_") ||
        !absl::ConsumeSuffix(&task, absl::StrCat(time, ".jsonl"))) {
      continue;
    }
    const std::string benchmark = BenchmarkOfTask(task);
    if (benchmark.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file.string(), ": task ", task,
                       " is of none of mmlu, bbh, drop and humaneval; move the file away to import "
                       "the others"));
    }
    results.by_benchmark[benchmark].push_back({std::string(task), file.string()});
  }
  if (results.by_benchmark.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(results.path, ": there are no samples_*", time,
                     ".jsonl beside it; lm-eval writes them with --log_samples"));
  }
  return results;
}

absl::StatusOr<std::vector<ResultsFile>> FindResults(const std::string& path) {
  std::error_code error;
  std::vector<fs::path> found;
  const auto look = [&](const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      const std::string name = entry.path().filename().string();
      if (absl::StartsWith(name, "results_") && absl::EndsWith(name, ".json")) {
        found.push_back(entry.path());
      }
    }
  };
  if (fs::is_directory(path, error)) {
    look(path);
    for (const auto& entry : fs::directory_iterator(path, error)) {
      if (entry.is_directory(error)) look(entry.path());
    }
  } else if (fs::exists(path, error)) {
    found.emplace_back(path);
  }
  if (found.empty()) {
    return absl::NotFoundError(absl::StrCat(path, ": there is no results_*.json of lm-eval"));
  }
  std::sort(found.begin(), found.end());
  std::vector<ResultsFile> results;
  for (const fs::path& file : found) {
    ASSAY_ASSIGN_OR_RETURN(ResultsFile read, ReadResults(file));
    results.push_back(std::move(read));
  }
  return results;
}

absl::Status DigestFile(const std::string& path, Sha256& digest) {
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<TextFileReader> file, TextFileReader::Open(path));
  std::string block;
  int c = 0;
  while (c >= 0) {
    c = file->Get();
    if (c >= 0) block.push_back(static_cast<char>(c));
    if (c >= 0 && block.size() < kBatchBytes) continue;
    digest.Update(block);
    block.clear();
  }
  return file->Check();
}

// One line of a samples file, as far as it is used.
struct Sample {
  Json doc;
  std::string filter;
  std::string prompt;
  std::vector<double> loglikelihoods;  // of the choices
  std::vector<std::string> outputs;    // otherwise: of each repeat
  std::string metric;
  double value = 0;
};

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

absl::Status ReadResponses(const Json& resps, Sample& sample) {
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

absl::StatusOr<Sample> ReadSample(const std::string& line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return absl::InvalidArgumentError("is no whole JSON object; is the file cut short?");
  }
  Sample sample;
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

// The predictions of a sample, and lm-eval's score where ours is not computed.
absl::Status AddPredictions(const Sample& sample, const v1::Item& item, const std::string& grader,
                            v1::ImportedPredictions* predictions) {
  const bool has_choices = !sample.loglikelihoods.empty();
  if (has_choices && static_cast<int>(sample.loglikelihoods.size()) != item.choices_size()) {
    return absl::InvalidArgumentError(absl::StrCat("resps: ", sample.loglikelihoods.size(),
                                                   " log-likelihoods for ", item.choices_size(),
                                                   " choices"));
  }
  const size_t count = has_choices ? 1 : sample.outputs.size();
  for (size_t i = 0; i < count; ++i) {
    v1::GradedPrediction* graded = predictions->add_predictions();
    v1::Prediction* prediction = graded->mutable_prediction();
    prediction->set_item_id(item.id());
    prediction->set_sample_index(static_cast<int>(i));
    prediction->set_prompt(sample.prompt);
    prediction->set_prompt_sha256(Sha256Hex(sample.prompt));
    prediction->set_finish_reason(v1::FINISH_REASON_NONE);
    if (has_choices) {
      prediction->mutable_choice_loglikelihoods()->Add(sample.loglikelihoods.begin(),
                                                       sample.loglikelihoods.end());
    } else {
      prediction->set_output(sample.outputs[i]);
    }
    if (grader.empty()) continue;
    v1::Score* score = graded->mutable_score();
    score->set_grader(grader);
    score->set_grader_version(1);
    score->set_verdict(sample.value == 1 ? v1::VERDICT_CORRECT : v1::VERDICT_WRONG);
    if (sample.value != 0 && sample.value != 1) score->set_partial(sample.value);
  }
  if (!grader.empty()) return absl::OkStatus();
  const auto best = std::max_element(sample.loglikelihoods.begin(), sample.loglikelihoods.end());
  const bool right =
      item.choices(static_cast<int>(best - sample.loglikelihoods.begin())) == item.target();
  if (right == (sample.value == 1)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(sample.metric, " is ", sample.value, ", which its log-likelihoods contradict"));
}

absl::StatusOr<v1::Precision> PrecisionOf(const LmEvalImport& import, const ResultsFile& results) {
  if (import.precision.has_value()) return *import.precision;
  const Json config = results.json.value("config", Json::object());
  const Json type = config.is_object() ? config.value("model_dtype", Json()) : Json();
  if (type == "torch.float32") return v1::PRECISION_FLOAT32;
  if (type == "torch.bfloat16") return v1::PRECISION_BFLOAT16;
  if (type == "torch.float16") return v1::PRECISION_FLOAT16;
  return absl::InvalidArgumentError(
      absl::StrCat(results.path,
                   ": config.model_dtype does not tell what the model computed in; say so with "
                   "--precision"));
}

std::string TextAt(const Json& json, const char* key, const std::string& otherwise) {
  const Json value = json.value(key, Json());
  return value.is_string() ? value.get<std::string>() : otherwise;
}

std::string VersionOf(const ResultsFile& results) {
  return TextAt(results.json, "lm_eval_version", "of unknown version");
}

absl::StatusOr<v1::DatasetInfo> DatasetOf(const LmEvalImport& import,
                                          const std::string& benchmark) {
  const v1::DatasetInfo* found = nullptr;
  for (const v1::DatasetInfo& dataset : import.datasets) {
    if (dataset.benchmark() != benchmark) continue;
    if (found == nullptr || dataset.name() == benchmark) found = &dataset;
  }
  if (found != nullptr) return *found;
  return absl::NotFoundError(absl::StrCat("benchmark \"", benchmark,
                                          "\" has no data here yet: assay dataset import ",
                                          benchmark, " DIR"));
}

// Reads one benchmark's samples of one results file, and sends them as a run.
class RunImporter {
 public:
  RunImporter(const LmEvalImport& import, const ResultsFile& results, std::string benchmark,
              const std::vector<TaskFile>& tasks, const SendImport& send)
      : import_(import),
        results_(results),
        benchmark_(std::move(benchmark)),
        tasks_(tasks),
        send_(send) {}

  absl::Status Run() {
    ASSAY_ASSIGN_OR_RETURN(dataset_, DatasetOf(import_, benchmark_));
    ASSAY_ASSIGN_OR_RETURN(std::vector<v1::Item> items, import_.items(dataset_));
    LmEvalItems finder(benchmark_, std::move(items));
    for (const TaskFile& task : tasks_) ASSAY_RETURN_IF_ERROR(ReadTask(task, finder));
    return SendBatch();
  }

 private:
  absl::Status ReadTask(const TaskFile& task, LmEvalItems& finder) {
    ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<TextFileReader> file,
                           TextFileReader::Open(task.path));
    std::string line, filter;
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(const bool is_there, file->Line(&line));
      if (!is_there) break;
      absl::Status status = ReadLine(line, filter, finder);
      if (!status.ok()) {
        // What the coordinator refuses is not the line's fault alone.
        if (absl::IsAborted(status)) return status;
        return file->Error(file->line() - 1, status.message());
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadLine(const std::string& line, std::string& filter, LmEvalItems& finder) {
    ASSAY_ASSIGN_OR_RETURN(const Sample sample, ReadSample(line));
    // A document has a line for each filter; the first one counts.
    if (filter.empty()) filter = sample.filter;
    if (sample.filter != filter) return absl::OkStatus();
    ASSAY_ASSIGN_OR_RETURN(const v1::Item* item, finder.Find(sample.doc));
    if (!is_started_) ASSAY_RETURN_IF_ERROR(StartRun(sample));
    if (sample.loglikelihoods.empty() == has_choices_) {
      return absl::InvalidArgumentError("resps: texts and log-likelihoods in one run");
    }
    if (!grader_.empty() && grader_ != GraderOf(sample)) {
      return absl::InvalidArgumentError(
          absl::StrCat("metrics: ", sample.metric, " where the run has ", grader_));
    }
    ASSAY_RETURN_IF_ERROR(AddPredictions(sample, *item, grader_, batch_.mutable_predictions()));
    bytes_ += line.size();
    return bytes_ < kBatchBytes ? absl::OkStatus() : SendBatch();
  }

  std::string GraderOf(const Sample& sample) const {
    return absl::StrCat("lm-eval/", sample.metric);
  }

  absl::Status SendBatch() {
    if (!is_started_) {
      return absl::InvalidArgumentError(absl::StrCat(tasks_.front().path, ": holds no sample"));
    }
    ASSAY_RETURN_IF_ERROR(send_(batch_));
    batch_.mutable_predictions()->Clear();
    bytes_ = 0;
    return absl::OkStatus();
  }

  absl::Status StartRun(const Sample& first) {
    is_started_ = true;
    has_choices_ = !first.loglikelihoods.empty();
    const Json& json = results_.json;
    v1::ImportRunsRequest request;
    v1::RunProgress* run = request.mutable_run()->mutable_run();
    v1::RunSpec* spec = run->mutable_spec();
    spec->set_benchmark(benchmark_);
    spec->set_dataset_name(dataset_.name());
    spec->set_dataset_sha256(dataset_.sha256());
    spec->set_model_name(import_.model);
    v1::RunSettings* settings = spec->mutable_settings();
    std::string grader = "max_loglikelihood";
    if (benchmark_ == "mmlu" && has_choices_) {
      ASSAY_ASSIGN_OR_RETURN(const Benchmark* benchmark, FindBenchmark(benchmark_));
      ASSAY_ASSIGN_OR_RETURN(const ProtocolSpec* protocol, benchmark->FindProtocol("lm-eval"));
      settings->set_protocol(protocol->name);
      settings->set_protocol_version(protocol->version);
    } else {
      // "bbh_cot_fewshot_navigate" and its like are tasks of one protocol.
      std::string name = tasks_.front().task;
      for (const TaskFile& task : tasks_) {
        size_t common = 0;
        while (common < name.size() && common < task.task.size() &&
               name[common] == task.task[common]) {
          ++common;
        }
        name.resize(common);
      }
      settings->set_protocol(absl::StrCat("lm-eval/", absl::StripSuffix(name, "_")));
      settings->set_protocol_version(1);
      grader_ = grader = GraderOf(first);
      run->set_grader(grader_);
      run->set_grader_version(1);
    }
    const Json shots = json.value("n-shot", Json::object()).value(tasks_.front().task, Json(0));
    settings->set_shots(shots.is_number_integer() ? static_cast<int>(shots.get<int64_t>()) : 0);
    ASSAY_ASSIGN_OR_RETURN(const v1::Precision precision, PrecisionOf(import_, results_));
    settings->set_precision(precision);
    settings->set_system_prompt(TextAt(json, "system_instruction", ""));
    if (!TextAt(json, "chat_template", "").empty()) {
      settings->set_prompt_template(v1::PROMPT_TEMPLATE_CHAT);
    }
    settings->mutable_sampling()->set_temperature(0);
    settings->mutable_sampling()->set_samples(
        std::max<int>(1, static_cast<int>(first.outputs.size())));
    run->set_state(v1::STATE_COMPLETED);
    run->set_engine(absl::StrCat("imported/lm-eval ", VersionOf(results_)));
    SetTimes(*run);
    request.mutable_run()->set_manifest_json(MakeManifest(*spec, grader));
    return send_(request);
  }

  void SetTimes(v1::RunProgress& run) const {
    const Json date = results_.json.value("date", Json());
    if (!date.is_number()) return;
    const absl::Time started = absl::FromUnixMicros(static_cast<int64_t>(date.get<double>() * 1e6));
    double seconds = 0;
    if (!absl::SimpleAtod(TextAt(results_.json, "total_evaluation_time_seconds", ""), &seconds) ||
        !(seconds >= 0 && seconds < 1e9)) {
      seconds = 0;
    }
    SetTimestamp(started, run.mutable_started());
    SetTimestamp(started + absl::Seconds(seconds), run.mutable_finished());
  }

  std::string MakeManifest(const v1::RunSpec& spec, const std::string& grader) const {
    Json lm_eval = Json::object();
    for (const char* key : {"config", "configs", "versions", "n-shot", "n-samples", "git_hash",
                            "lm_eval_version", "transformers_version", "task_hashes",
                            "model_source", "model_name", "chat_template_sha"}) {
      if (results_.json.contains(key)) lm_eval[key] = results_.json[key];
    }
    const Json manifest = {{"model", {{"name", spec.model_name()}, {"format", "imported"}}},
                           {"dataset",
                            {{"name", spec.dataset_name()},
                             {"benchmark", spec.benchmark()},
                             {"sha256", spec.dataset_sha256()}}},
                           {"protocol",
                            {{"name", spec.settings().protocol()},
                             {"version", spec.settings().protocol_version()},
                             {"grader", grader}}},
                           {"settings", {{"shots", spec.settings().shots()}}},
                           {"lm_eval", std::move(lm_eval)}};
    return manifest.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  const LmEvalImport& import_;
  const ResultsFile& results_;
  const std::string benchmark_;
  const std::vector<TaskFile>& tasks_;
  const SendImport& send_;
  v1::DatasetInfo dataset_;
  v1::ImportRunsRequest batch_;
  size_t bytes_ = 0;
  bool is_started_ = false;
  bool has_choices_ = false;
  std::string grader_;  // empty: the coordinator grades
};

}  // namespace

absl::Status ImportLmEval(const LmEvalImport& import, const SendImport& send) {
  ASSAY_ASSIGN_OR_RETURN(const std::vector<ResultsFile> all, FindResults(import.path));
  Sha256 digest;
  for (const ResultsFile& results : all) {
    ASSAY_RETURN_IF_ERROR(DigestFile(results.path, digest));
    for (const auto& [benchmark, tasks] : results.by_benchmark) {
      for (const TaskFile& task : tasks) ASSAY_RETURN_IF_ERROR(DigestFile(task.path, digest));
    }
  }
  v1::ImportRunsRequest start;
  start.mutable_header()->set_format("lm-eval");
  start.mutable_header()->set_version(VersionOf(all.front()));
  start.mutable_header()->set_sha256(digest.Finish());
  ASSAY_RETURN_IF_ERROR(send(start));
  v1::ImportRunsRequest model;
  model.mutable_model()->set_name(import.model);
  model.mutable_model()->set_format("imported");
  const Json config = all.front().json.value("config", Json::object());
  if (const Json size = config.is_object() ? config.value("model_num_parameters", Json()) : Json();
      size.is_number_integer()) {
    model.mutable_model()->set_parameters(size.get<int64_t>());
  }
  ASSAY_RETURN_IF_ERROR(send(model));
  for (const ResultsFile& results : all) {
    for (const auto& [benchmark, tasks] : results.by_benchmark) {
      ASSAY_RETURN_IF_ERROR(RunImporter(import, results, benchmark, tasks, send).Run());
    }
  }
  return absl::OkStatus();
}

}  // namespace assay
