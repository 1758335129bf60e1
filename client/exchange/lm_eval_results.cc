#include "client/exchange/lm_eval_results.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/exchange/json_text.h"
#include "client/exchange/lm_eval_items.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

using Json = ExchangeJson;
namespace fs = std::filesystem;

constexpr int64_t kMostResultsBytes = int64_t{256} << 20;
constexpr double kMostSeconds = 1e10;  // since 1970, and of a run
constexpr int kMostShots = 1000;

std::string TextAt(const Json& json, const char* key, const std::string& otherwise) {
  const Json value = json.value(key, Json());
  return value.is_string() ? value.get<std::string>() : otherwise;
}

// The member, where it is an object; an empty one otherwise.
Json ObjectAt(const Json& json, const char* key) {
  Json value = json.value(key, Json());
  return value.is_object() ? value : Json::object();
}

std::optional<v1::Precision> PrecisionOf(const Json& config) {
  const std::string type = TextAt(config, "model_dtype", "");
  if (type == "torch.float32") return v1::PRECISION_FLOAT32;
  if (type == "torch.bfloat16") return v1::PRECISION_BFLOAT16;
  if (type == "torch.float16") return v1::PRECISION_FLOAT16;
  return std::nullopt;
}

void ReadTimes(const Json& json, LmEvalRun& run) {
  const Json date = json.value("date", Json());
  if (!date.is_number()) return;
  const double started = date.get<double>();
  if (!(started >= 0 && started < kMostSeconds)) return;
  double seconds = 0;
  if (!absl::SimpleAtod(TextAt(json, "total_evaluation_time_seconds", ""), &seconds) ||
      !(seconds >= 0 && seconds < kMostSeconds)) {
    seconds = 0;
  }
  run.started = absl::FromUnixMicros(static_cast<int64_t>(started * 1e6));
  run.finished = run.started + absl::Seconds(seconds);
}

absl::StatusOr<LmEvalResults> ReadResults(const fs::path& path,
                                          absl::Span<const std::string> benchmarks) {
  LmEvalResults results;
  results.path = path.string();
  std::error_code error;
  if (static_cast<int64_t>(fs::file_size(path, error)) > kMostResultsBytes || error) {
    return absl::InvalidArgumentError(absl::StrCat(results.path, ": cannot be read, or too large"));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(results.path));
  absl::StatusOr<LmEvalRun> run = ReadLmEvalRun(text);
  if (!run.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(results.path, ": ", run.status().message()));
  }
  results.run = *std::move(run);
  absl::string_view time = absl::string_view(results.path);
  time.remove_prefix(path.string().size() - path.filename().string().size());
  absl::ConsumePrefix(&time, "results");
  absl::ConsumeSuffix(&time, ".json");  // "_2026-01-02T03-04-05.678"
  std::vector<fs::path> samples;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder, error)) {
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
    const std::string benchmark = BenchmarkOfTask(task, benchmarks);
    if (benchmark.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file.string(), ": task ", task,
                       " is of no benchmark of which data are here (assay dataset list); move the "
                       "file away to import the others"));
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

}  // namespace

absl::StatusOr<LmEvalRun> ReadLmEvalRun(absl::string_view text) {
  LmEvalRun run;
  run.json = ParseJson(text);
  if (!run.json.is_object() || !run.json.value("results", Json()).is_object()) {
    return absl::InvalidArgumentError("is no results of lm-eval, or cut short");
  }
  const Json config = ObjectAt(run.json, "config");
  run.version = TextAt(run.json, "lm_eval_version", "of unknown version");
  run.precision = PrecisionOf(config);
  run.system_prompt = TextAt(run.json, "system_instruction", "");
  run.has_chat_template = !TextAt(run.json, "chat_template", "").empty();
  const Json parameters = config.value("model_num_parameters", Json());
  if (parameters.is_number_integer()) {
    run.parameters = std::max<int64_t>(0, parameters.get<int64_t>());
  }
  ReadTimes(run.json, run);
  const Json shots = ObjectAt(run.json, "n-shot");
  for (auto member = shots.begin(); member != shots.end(); ++member) {
    if (!member->is_number_integer()) continue;
    const auto number = member->get<int64_t>();
    if (number >= 0 && number <= kMostShots) run.shots[member.key()] = static_cast<int>(number);
  }
  return run;
}

absl::StatusOr<std::vector<LmEvalResults>> FindLmEvalResults(
    const std::string& path, absl::Span<const std::string> benchmarks) {
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
  std::vector<LmEvalResults> results;
  for (const fs::path& file : found) {
    ASSAY_ASSIGN_OR_RETURN(LmEvalResults read, ReadResults(file, benchmarks));
    results.push_back(std::move(read));
  }
  return results;
}

}  // namespace assay
