#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/exchange/export.h"
#include "client/exchange/text_file.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/benchmark/benchmark.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

using Json = ExchangeJson;

std::string Dump(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// A number as Python's str() has it.
std::string NumberText(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return Json(value).dump();
}

std::string TaskName(const v1::RunSpec& spec, const std::string& group) {
  const std::string& benchmark = spec.benchmark();
  return group.empty() || group == benchmark ? benchmark : absl::StrCat(benchmark, "_", group);
}

// What lm-eval calls a metric of ours.
std::string MetricName(const std::string& name, bool has_choices) {
  if (name == "accuracy") return has_choices ? "acc" : "exact_match";
  return name;
}

// A document as the task's data set has it.
Json DocOf(const v1::RunSpec& spec, const v1::Item& item) {
  Json doc = Json::object();
  if (spec.benchmark() == "mmlu") {
    Json choices = Json::array();
    int answer = -1;
    for (int i = 0; i < item.choices_size(); ++i) {
      const auto text = item.fields().find(item.choices(i));
      choices.push_back(text == item.fields().end() ? "" : text->second);
      if (item.choices(i) == item.target()) answer = i;
    }
    const auto question = item.fields().find("question");
    doc["question"] = question == item.fields().end() ? "" : question->second;
    doc["subject"] = item.group();
    doc["choices"] = std::move(choices);
    doc["answer"] = answer;
    return doc;
  }
  const std::map<std::string, std::string> sorted(item.fields().begin(), item.fields().end());
  for (const auto& [name, text] : sorted) {
    if (!absl::StrContains(name, "@")) doc[name] = text;
  }
  if (!doc.contains("target")) doc["target"] = item.target();
  return doc;
}

std::string TargetOf(const v1::Item& item) {
  for (int i = 0; i < item.choices_size(); ++i) {
    if (item.choices(i) == item.target()) return absl::StrCat(i);
  }
  return item.target();
}

// The requests and answers of one item, all samples.
class Sample {
 public:
  Sample(const v1::RunSpec& spec, const v1::Item& item, int64_t doc_id,
         const std::vector<v1::GradedPrediction>& samples)
      : doc_(DocOf(spec, item)), target_(TargetOf(item)) {
    const v1::Prediction& first = samples.front().prediction();
    const bool has_choices = first.choice_loglikelihoods_size() > 0;
    Json arguments = Json::object(), resps = Json::array(), filtered = Json::array();
    if (has_choices) {
      const std::vector<std::string> prompts =
          absl::StrSplit(first.prompt(), std::string(kVariantSeparator));
      prompt_ = prompts.front();
      for (int i = 0; i < first.choice_loglikelihoods_size(); ++i) {
        const int choices = std::max(1, item.choices_size());
        const size_t variant = std::min<size_t>(i / choices, prompts.size() - 1);
        const std::string label =
            i % choices < item.choices_size() ? item.choices(i % choices) : "";
        arguments[absl::StrCat("gen_args_", i)] = {{"arg_0", prompts[variant]},
                                                   {"arg_1", absl::StrCat(" ", label)}};
        const Json pair = {NumberText(first.choice_loglikelihoods(i)), "False"};
        resps.push_back(Json::array({pair}));
        filtered.push_back(pair);
      }
    } else {
      prompt_ = first.prompt();
      arguments["gen_args_0"] = {{"arg_0", prompt_}, {"arg_1", Json::object()}};
      Json texts = Json::array();
      for (const v1::GradedPrediction& sample : samples) {
        texts.push_back(sample.prediction().output());
      }
      filtered = samples.size() == 1 ? texts : Json::array({texts});
      resps.push_back(std::move(texts));
    }
    double verdicts = 0, values = 0;
    for (const v1::GradedPrediction& sample : samples) {
      const double verdict = sample.score().verdict() == v1::VERDICT_CORRECT ? 1 : 0;
      verdicts += verdict;
      values += sample.score().has_partial() ? sample.score().partial() : verdict;
    }
    const auto count = static_cast<double>(samples.size());
    Json metrics = {MetricName("accuracy", has_choices)};
    json_ = {{"doc_id", doc_id},          {"doc", doc_},
             {"target", target_},         {"arguments", std::move(arguments)},
             {"resps", std::move(resps)}, {"filtered_resps", std::move(filtered)},
             {"filter", "none"}};
    if (first.error().empty() && samples.front().score().has_partial()) metrics.push_back("value");
    json_["metrics"] = metrics;
    json_["doc_hash"] = Sha256Hex(Dump(doc_, 2));
    json_["prompt_hash"] = Sha256Hex(prompt_);
    json_["target_hash"] = Sha256Hex(target_);
    json_[metrics[0].get<std::string>()] = verdicts / count;
    if (metrics.size() > 1) json_["value"] = values / count;
    if (!first.error().empty()) json_["error"] = first.error();
  }

  const Json& json() const { return json_; }
  std::string hashes() const {
    return absl::StrCat(json_["doc_hash"].get<std::string>(),
                        json_["prompt_hash"].get<std::string>(),
                        json_["target_hash"].get<std::string>());
  }

 private:
  Json doc_, json_;
  std::string target_, prompt_;
};

// Writes a run's samples, a file for each of its groups.
class SampleWriter {
 public:
  SampleWriter(const v1::RunSpec& spec, const std::vector<v1::Item>& items, std::string folder,
               std::string prefix, std::string time, Files& files)
      : spec_(spec),
        folder_(std::move(folder)),
        prefix_(std::move(prefix)),
        time_(std::move(time)),
        files_(files) {
    std::map<std::string, int64_t> counts;
    for (const v1::Item& item : items) {
      by_id_[item.id()] = {&item, item.split() == "test" ? counts[item.group()]++ : -1};
    }
  }

  absl::Status Add(const v1::GradedPrediction& graded) {
    if (!pending_.empty() &&
        pending_.front().prediction().item_id() != graded.prediction().item_id()) {
      ASSAY_RETURN_IF_ERROR(Flush());
    }
    pending_.push_back(graded);
    has_choices_ = has_choices_ || graded.prediction().choice_loglikelihoods_size() > 0;
    return absl::OkStatus();
  }

  absl::Status Finish() {
    ASSAY_RETURN_IF_ERROR(Flush());
    return EndTask();
  }

  bool has_choices() const { return has_choices_; }
  const Json& task_hashes() const { return task_hashes_; }
  const std::map<std::string, int64_t>& counts() const { return counts_; }  // documents by task

 private:
  absl::Status Flush() {
    if (pending_.empty()) return absl::OkStatus();
    const auto found = by_id_.find(pending_.front().prediction().item_id());
    if (found == by_id_.end()) return absl::InternalError("a prediction of no item");
    const std::string task = TaskName(spec_, found->second.first->group());
    if (task != task_) {
      ASSAY_RETURN_IF_ERROR(EndTask());
      task_ = task;
      files_.push_back(absl::StrCat(prefix_, "samples_", task, "_", time_, ".jsonl"));
      ASSAY_ASSIGN_OR_RETURN(file_,
                             TextFileWriter::Create(absl::StrCat(folder_, "/", files_.back())));
    }
    const Sample sample(spec_, *found->second.first, found->second.second, pending_);
    hashes_ += sample.hashes();
    ++counts_[task];
    pending_.clear();
    return file_->Write(Dump(sample.json()).append("\n"));
  }

  absl::Status EndTask() {
    if (file_ == nullptr) return absl::OkStatus();
    task_hashes_[task_] = Sha256Hex(hashes_);
    hashes_.clear();
    ASSAY_RETURN_IF_ERROR(file_->Finish());
    file_ = nullptr;
    return absl::OkStatus();
  }

  const v1::RunSpec& spec_;
  const std::string folder_, prefix_, time_;
  Files& files_;
  std::map<std::string, std::pair<const v1::Item*, int64_t>> by_id_;
  std::vector<v1::GradedPrediction> pending_;  // samples of one item
  std::string task_, hashes_;
  std::unique_ptr<TextFileWriter> file_;
  bool has_choices_ = false;
  Json task_hashes_ = Json::object();
  std::map<std::string, int64_t> counts_;
};

Json ResultsOf(const ExportedRun& run, const SampleWriter& samples) {
  const v1::RunProgress& progress = run.result.run();
  const v1::RunSpec& spec = progress.spec();
  const v1::RunSettings& settings = spec.settings();
  Json results = Json::object(), groups = Json::object(), higher = Json::object();
  for (const v1::Metric& metric : run.result.metrics()) {
    if (absl::StrContains(metric.group(), ":")) continue;
    const bool is_overall = metric.group().empty();
    const std::string task = TaskName(spec, metric.group());
    const std::string name = MetricName(metric.name(), samples.has_choices());
    const auto put = [&](Json& entry) {
      entry["alias"] = task;
      entry["name"] = task;
      entry["sample_len"] = metric.items();
      entry[name + ",none"] = metric.value();
      entry[name + "_stderr,none"] = metric.standard_error();
    };
    if (samples.counts().count(task) != 0) put(results[task]);
    if (is_overall && samples.counts().size() > 1) {
      put(results[task]);
      put(groups[task]);
    }
    higher[task][name] = true;
  }
  Json configs = Json::object(), versions = Json::object(), shots = Json::object(),
       counts = Json::object(), subtasks = Json::array();
  for (const auto& [task, count] : samples.counts()) {
    configs[task] = {{"task", task},
                     {"dataset_path", spec.dataset_name()},
                     {"dataset_name", spec.dataset_sha256()},
                     {"output_type", samples.has_choices() ? "multiple_choice" : "generate_until"},
                     {"num_fewshot", settings.shots()},
                     {"repeats", std::max(1, settings.sampling().samples())},
                     {"metadata",
                      {{"version", settings.protocol_version()},
                       {"protocol", settings.protocol()},
                       {"grader", progress.grader()},
                       {"grader_version", progress.grader_version()}}}};
    versions[task] = settings.protocol_version();
    shots[task] = settings.shots();
    counts[task] = {{"original", count}, {"effective", count}};
    subtasks.push_back(task);
  }
  const double seconds =
      absl::ToDoubleSeconds(FromTimestamp(progress.finished()) - FromTimestamp(progress.started()));
  Json document = {{"results", std::move(results)}};
  if (!groups.empty()) document["groups"] = std::move(groups);
  document["group_subtasks"] =
      samples.counts().size() > 1 ? Json{{spec.benchmark(), std::move(subtasks)}} : Json::object();
  static constexpr const char* kTypes[] = {
      "", "torch.float32", "torch.bfloat16", "torch.float16", "int8", "llm-int8"};
  document.update(Json{
      {"configs", std::move(configs)},
      {"versions", std::move(versions)},
      {"n-shot", std::move(shots)},
      {"higher_is_better", std::move(higher)},
      {"n-samples", std::move(counts)},
      {"config",
       {{"model", "assay"},
        {"model_args", absl::StrCat("pretrained=", spec.model_name())},
        {"model_num_parameters", run.model.parameters()},
        {"model_dtype", kTypes[settings.precision() % std::size(kTypes)]},
        {"model_sha", run.model.weights_sha256()},
        {"batch_size", nullptr},
        {"device", nullptr},
        {"limit", settings.limit() == 0 ? Json() : Json(settings.limit())},
        {"gen_kwargs", nullptr},
        {"random_seed", settings.sampling().seed()}}},
      {"git_hash", absl::StrCat("assay ", kVersion)},
      {"date", static_cast<double>(absl::ToUnixMicros(FromTimestamp(progress.started()))) / 1e6},
      {"lm_eval_version", absl::StrCat("assay-", kVersion)},
      {"task_hashes", samples.task_hashes()},
      {"model_source", "assay"},
      {"model_name", spec.model_name()},
      {"model_name_sanitized", spec.model_name()},
      {"system_instruction",
       settings.system_prompt().empty() ? Json() : Json(settings.system_prompt())},
      {"chat_template",
       settings.prompt_template() == v1::PROMPT_TEMPLATE_CHAT ? Json("chat") : Json()},
      {"fewshot_as_multiturn", false},
      {"total_evaluation_time_seconds", NumberText(seconds)}});
  return document;
}

}  // namespace

absl::StatusOr<Files> ExportLmEval(const ExportSource& source, const std::string& folder) {
  Files files;
  for (size_t i = 0; i < source.runs.size(); ++i) {
    const ExportedRun& run = source.runs[i];
    const v1::RunSpec& spec = run.result.run().spec();
    const std::string prefix = spec.model_name() + "/";
    std::filesystem::create_directories(absl::StrCat(folder, "/", prefix));
    // Files of one run have the same time; that of no other run, down to the microsecond.
    const absl::Time time = FromTimestamp(run.result.run().finished());
    const std::string stamp =
        absl::FormatTime("%Y-%m-%dT%H-%M-%E6S",
                         absl::FromUnixMicros(absl::ToUnixMicros(time) + static_cast<int64_t>(i)),
                         absl::UTCTimeZone());
    ASSAY_ASSIGN_OR_RETURN(const std::vector<v1::Item> items, source.items(run.dataset));
    SampleWriter samples(spec, items, folder, prefix, stamp, files);
    ASSAY_RETURN_IF_ERROR(source.predictions(
        spec.run_id(),
        [&samples](const v1::GradedPrediction& graded) { return samples.Add(graded); }));
    ASSAY_RETURN_IF_ERROR(samples.Finish());
    files.push_back(absl::StrCat(prefix, "results_", stamp, ".json"));
    ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<TextFileWriter> file,
                           TextFileWriter::Create(absl::StrCat(folder, "/", files.back())));
    ASSAY_RETURN_IF_ERROR(file->Write(Dump(ResultsOf(run, samples), 2)));
    ASSAY_RETURN_IF_ERROR(file->Finish());
  }
  return files;
}

}  // namespace assay
