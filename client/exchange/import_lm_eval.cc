#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "client/exchange/import.h"
#include "client/exchange/lm_eval_items.h"
#include "client/exchange/lm_eval_results.h"
#include "client/exchange/lm_eval_sample.h"
#include "client/exchange/text_file.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

using Json = ExchangeJson;

constexpr size_t kBatchBytes = 1 << 20;

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

// The predictions of a sample, and lm-eval's score where ours is not computed.
absl::Status AddPredictions(const LmEvalSample& sample, const v1::Item& item,
                            const std::string& grader, v1::ImportedPredictions* predictions) {
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

absl::StatusOr<v1::Precision> PrecisionOf(const LmEvalImport& import,
                                          const LmEvalResults& results) {
  if (import.precision.has_value()) return *import.precision;
  if (results.run.precision.has_value()) return *results.run.precision;
  return absl::InvalidArgumentError(
      absl::StrCat(results.path,
                   ": config.model_dtype does not tell what the model computed in; say so with "
                   "--precision"));
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
  RunImporter(const LmEvalImport& import, const LmEvalResults& results, std::string benchmark,
              const std::vector<LmEvalTask>& tasks, const SendImport& send)
      : import_(import),
        results_(results),
        name_(std::move(benchmark)),
        tasks_(tasks),
        send_(send) {}

  absl::Status Run() {
    ASSAY_ASSIGN_OR_RETURN(dataset_, DatasetOf(import_, name_));
    ASSAY_ASSIGN_OR_RETURN(benchmark_, import_.benchmark(name_));
    ASSAY_ASSIGN_OR_RETURN(std::vector<v1::Item> items, import_.items(dataset_));
    LmEvalItems finder(benchmark_, std::move(items));
    for (const LmEvalTask& task : tasks_) ASSAY_RETURN_IF_ERROR(ReadTask(task, finder));
    return SendBatch();
  }

 private:
  absl::Status ReadTask(const LmEvalTask& task, LmEvalItems& finder) {
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
    ASSAY_ASSIGN_OR_RETURN(const LmEvalSample sample, ReadLmEvalSample(line));
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

  std::string GraderOf(const LmEvalSample& sample) const {
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

  absl::Status StartRun(const LmEvalSample& first) {
    is_started_ = true;
    has_choices_ = !first.loglikelihoods.empty();
    v1::ImportRunsRequest request;
    v1::RunProgress* run = request.mutable_run()->mutable_run();
    v1::RunSpec* spec = run->mutable_spec();
    spec->set_benchmark(name_);
    if (benchmark_->source() != nullptr && !benchmark_->source()->built_in) {
      spec->set_benchmark_sha256(benchmark_->source()->sha256);
    }
    spec->set_dataset_name(dataset_.name());
    spec->set_dataset_sha256(dataset_.sha256());
    spec->set_model_name(import_.model);
    v1::RunSettings* settings = spec->mutable_settings();
    std::string grader = "max_loglikelihood";
    if (name_ == "mmlu" && has_choices_) {
      ASSAY_ASSIGN_OR_RETURN(const ProtocolSpec* protocol, benchmark_->FindProtocol("lm-eval"));
      settings->set_protocol(protocol->name);
      settings->set_protocol_version(protocol->version);
    } else {
      // "bbh_cot_fewshot_navigate" and its like are tasks of one protocol.
      std::string name = tasks_.front().task;
      for (const LmEvalTask& task : tasks_) {
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
    const auto shots = results_.run.shots.find(tasks_.front().task);
    settings->set_shots(shots == results_.run.shots.end() ? 0 : shots->second);
    ASSAY_ASSIGN_OR_RETURN(const v1::Precision precision, PrecisionOf(import_, results_));
    settings->set_precision(precision);
    settings->set_system_prompt(results_.run.system_prompt);
    if (results_.run.has_chat_template) settings->set_prompt_template(v1::PROMPT_TEMPLATE_CHAT);
    settings->mutable_sampling()->set_temperature(0);
    settings->mutable_sampling()->set_samples(
        std::max<int>(1, static_cast<int>(first.outputs.size())));
    run->set_state(v1::STATE_COMPLETED);
    run->set_engine(absl::StrCat("imported/lm-eval ", results_.run.version));
    SetTimes(*run);
    request.mutable_run()->set_manifest_json(MakeManifest(*spec, grader));
    return send_(request);
  }

  void SetTimes(v1::RunProgress& run) const {
    if (results_.run.started == absl::InfinitePast()) return;
    SetTimestamp(results_.run.started, run.mutable_started());
    SetTimestamp(results_.run.finished, run.mutable_finished());
  }

  std::string MakeManifest(const v1::RunSpec& spec, const std::string& grader) const {
    Json lm_eval = Json::object();
    for (const char* key : {"config", "configs", "versions", "n-shot", "n-samples", "git_hash",
                            "lm_eval_version", "transformers_version", "task_hashes",
                            "model_source", "model_name", "chat_template_sha"}) {
      if (results_.run.json.contains(key)) lm_eval[key] = results_.run.json[key];
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
  const LmEvalResults& results_;
  const std::string name_;
  const std::vector<LmEvalTask>& tasks_;
  const SendImport& send_;
  v1::DatasetInfo dataset_;
  std::shared_ptr<const Benchmark> benchmark_;
  v1::ImportRunsRequest batch_;
  size_t bytes_ = 0;
  bool is_started_ = false;
  bool has_choices_ = false;
  std::string grader_;  // empty: the coordinator grades
};

}  // namespace

absl::Status ImportLmEval(const LmEvalImport& import, const SendImport& send) {
  std::vector<std::string> benchmarks;
  for (const v1::DatasetInfo& dataset : import.datasets) benchmarks.push_back(dataset.benchmark());
  ASSAY_ASSIGN_OR_RETURN(const std::vector<LmEvalResults> all,
                         FindLmEvalResults(import.path, benchmarks));
  Sha256 digest;
  for (const LmEvalResults& results : all) {
    ASSAY_RETURN_IF_ERROR(DigestFile(results.path, digest));
    for (const auto& [benchmark, tasks] : results.by_benchmark) {
      for (const LmEvalTask& task : tasks) ASSAY_RETURN_IF_ERROR(DigestFile(task.path, digest));
    }
  }
  v1::ImportRunsRequest start;
  start.mutable_header()->set_format("lm-eval");
  start.mutable_header()->set_version(all.front().run.version);
  start.mutable_header()->set_sha256(digest.Finish());
  ASSAY_RETURN_IF_ERROR(send(start));
  v1::ImportRunsRequest model;
  model.mutable_model()->set_name(import.model);
  model.mutable_model()->set_format("imported");
  model.mutable_model()->set_parameters(all.front().run.parameters);
  ASSAY_RETURN_IF_ERROR(send(model));
  for (const LmEvalResults& results : all) {
    for (const auto& [benchmark, tasks] : results.by_benchmark) {
      ASSAY_RETURN_IF_ERROR(RunImporter(import, results, benchmark, tasks, send).Run());
    }
  }
  return absl::OkStatus();
}

}  // namespace assay
