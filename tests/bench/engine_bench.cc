// The engine alone, without a service around it. On a benchmark's real prompts it prints items/s,
// tokens/s and the share of the prompt tokens that the prefix cache saved; with --requests it runs
// the requests of a file and writes what came of them, as tests/bench/engine wants it.
#include <ATen/Parallel.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"
#include "common/catalog/built_in.h"
#include "tests/bench/request_file.h"
#include "worker/engine/engine.h"
#include "worker/engine/optimizations.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/thread_pool.h"
#include "worker/model/causal_lm.h"
#include "worker/model/loaded_model.h"

namespace assay {
namespace {

struct Arguments {
  std::string model;
  std::string benchmark = "bbh";
  std::string data;
  std::string protocol;
  std::string precision = "bfloat16";
  int items = 10;
  int groups = 1000;
  std::string weights_sha256;
  std::string tokenizer_sha256;
  std::string requests;
  std::string output;
  bool describe = false;
  int threads = 0;      // 0: the physical cores
  int64_t started = 0;  // nanoseconds on the monotonic clock; 0: at the start of main
  int64_t kv_cache_mebibytes = 2048;
  EngineOptions engine;
};

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

absl::StatusOr<LoadedModel> Load(const Arguments& arguments) {
  ASSAY_ASSIGN_OR_RETURN(const Precision precision, ParsePrecision(arguments.precision));
  ModelSpec spec;
  if (arguments.weights_sha256.empty()) {
    ASSAY_ASSIGN_OR_RETURN(spec, InspectModel("bench", arguments.model));
  } else {
    spec.name = "bench";
    spec.path = arguments.model;
    spec.weights_sha256 = arguments.weights_sha256;
    spec.tokenizer_sha256 = arguments.tokenizer_sha256;
  }
  return LoadModel(spec, precision);
}

absl::StatusOr<Request> Prepare(const Benchmark& benchmark, const ProtocolSpec& protocol,
                                const Item& item, const Selection& selection,
                                const LoadedModel& model) {
  const auto count = [&](absl::string_view text) -> absl::StatusOr<int64_t> {
    ASSAY_ASSIGN_OR_RETURN(const std::vector<int32_t> ids, model.tokenizer->Encode(text, true));
    return static_cast<int64_t>(ids.size());
  };
  ASSAY_ASSIGN_OR_RETURN(const FittedPrompt prompt,
                         FitPrompt(benchmark, protocol, item, selection.shots, count));
  Request request;
  ASSAY_ASSIGN_OR_RETURN(request.prompt, model.tokenizer->Encode(prompt.text, true));
  request.max_new_tokens = protocol.max_output;
  request.stop_token_ids = model.stop_token_ids;
  if (protocol.request_type == RequestType::kScoreChoices) {
    for (const std::string& choice : item.choices) {
      ASSAY_ASSIGN_OR_RETURN(std::vector<int32_t> ids,
                             model.tokenizer->Encode(protocol.choice_prefix + choice, false));
      request.choices.push_back(std::move(ids));
    }
  }
  return request;
}

// What the driver has to tell the engines that are measured beside ours.
absl::Status Describe(const Arguments& arguments) {
  ASSAY_ASSIGN_OR_RETURN(const LoadedModel model, Load(arguments));
  const nlohmann::json description = {{"stop_token_ids", model.stop_token_ids},
                                      {"vocabulary_size", model.spec.vocabulary_size},
                                      {"parameters", model.spec.parameters},
                                      {"weights_sha256", model.spec.weights_sha256},
                                      {"tokenizer_sha256", model.spec.tokenizer_sha256},
                                      {"kernels", std::string(cpu::BestKernels().name)}};
  std::printf("%s\n", description.dump().c_str());
  return absl::OkStatus();
}

absl::Status RunRequests(const Arguments& arguments, Clock::time_point started) {
  BenchTimes times;
  Clock::time_point begin = Clock::now();
  ASSAY_ASSIGN_OR_RETURN(const LoadedModel model, Load(arguments));
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                         Engine::Create(model.language_model.get(), arguments.engine));
  times.load = SecondsSince(begin);

  begin = Clock::now();
  ASSAY_ASSIGN_OR_RETURN(std::vector<Request> requests, ReadRequests(arguments.requests, model));
  times.prepare = SecondsSince(begin);

  begin = Clock::now();
  for (Request& request : requests) ASSAY_RETURN_IF_ERROR(engine->Submit(std::move(request)));
  std::vector<Completion> finished;
  while (engine->HasWork()) {
    ASSAY_RETURN_IF_ERROR(engine->Step(&finished));
    if (!finished.empty() && times.first_prediction == 0) {
      times.first_prediction = SecondsSince(started);
    }
  }
  times.run = SecondsSince(begin);
  return WriteResults(arguments.output, model, finished, times, engine->statistics());
}

absl::Status RunBenchmark(const Arguments& arguments) {
  Clock::time_point begin = Clock::now();
  ASSAY_ASSIGN_OR_RETURN(const LoadedModel model, Load(arguments));
  const double load_seconds = SecondsSince(begin);
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                         Engine::Create(model.language_model.get(), arguments.engine));
  ASSAY_ASSIGN_OR_RETURN(const Benchmark* benchmark, FindBenchmark(arguments.benchmark));
  const ProtocolSpec* protocol = &benchmark->protocols().front();
  if (!arguments.protocol.empty()) {
    ASSAY_ASSIGN_OR_RETURN(protocol, benchmark->FindProtocol(arguments.protocol));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::vector<SourceFile> files,
                         CollectFiles(*benchmark, arguments.data));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<Item> items, benchmark->Parse(files));
  std::map<std::string, std::vector<Item>> groups;
  for (const Item& item : items) groups[item.group].push_back(item);

  begin = Clock::now();
  uint64_t id = 0;
  int taken = 0;
  for (const auto& [name, members] : groups) {
    if (taken++ == arguments.groups) break;
    ASSAY_ASSIGN_OR_RETURN(const Selection selection,
                           benchmark->Select(*protocol, protocol->shots, members));
    for (size_t i = 0; i < selection.items.size() && i < static_cast<size_t>(arguments.items);
         ++i) {
      ASSAY_ASSIGN_OR_RETURN(Request request,
                             Prepare(*benchmark, *protocol, selection.items[i], selection, model));
      request.id = id++;
      ASSAY_RETURN_IF_ERROR(engine->Submit(std::move(request)));
    }
  }
  const double prepare_seconds = SecondsSince(begin);

  begin = Clock::now();
  std::vector<Completion> finished;
  while (engine->HasWork()) ASSAY_RETURN_IF_ERROR(engine->Step(&finished));
  const double seconds = SecondsSince(begin);
  const EngineStatistics& statistics = engine->statistics();
  std::printf("%s %s, kernels %s, %d threads: loaded in %.2f s, %zu items prepared in %.2f s\n",
              arguments.benchmark.c_str(), arguments.precision.c_str(),
              std::string(cpu::BestKernels().name).c_str(), ThreadPool::Shared().threads(),
              load_seconds, finished.size(), prepare_seconds);
  std::printf(
      "%.2f s, %.2f items/s, %.0f computed tokens/s; of %ld prompt tokens %.1f%% cached; "
      "%ld generated, %ld passes\n",
      seconds, static_cast<double>(finished.size()) / seconds,
      static_cast<double>(statistics.computed_tokens) / seconds, statistics.prompt_tokens,
      100.0 * static_cast<double>(statistics.cached_tokens) /
          static_cast<double>(statistics.prompt_tokens),
      statistics.generated_tokens, statistics.steps);
  return absl::OkStatus();
}

absl::Status Run(const Arguments& arguments, Clock::time_point started) {
  if (arguments.describe) return Describe(arguments);
  if (!arguments.requests.empty()) return RunRequests(arguments, started);
  return RunBenchmark(arguments);
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  assay::Clock::time_point started = assay::Clock::now();
  assay::Arguments arguments;
  CLI::App app("Measures the engine on a benchmark's prompts or on a file of requests.");
  app.option_defaults()->take_last();
  app.add_option("--model", arguments.model, "A Hugging Face folder or a GGUF file")->required();
  app.add_option("--benchmark", arguments.benchmark)->capture_default_str();
  CLI::Option* data = app.add_option("--data", arguments.data, "The benchmark's folder");
  app.add_option("--protocol", arguments.protocol, "Default: the benchmark's first");
  app.add_option("--precision", arguments.precision)->capture_default_str();
  app.add_option("--items", arguments.items, "Of each group, at most")->capture_default_str();
  app.add_option("--groups", arguments.groups, "At most")->capture_default_str();
  CLI::Option* requests =
      app.add_option("--requests", arguments.requests, "Runs the requests of this file instead");
  CLI::Option* output = app.add_option("--output", arguments.output, "What came of --requests");
  requests->needs(output)->excludes(data);
  CLI::Option* describe =
      app.add_flag("--describe", arguments.describe, "Prints what others must know of the model");
  CLI::Option* weights = app.add_option("--weights-sha256", arguments.weights_sha256,
                                        "Of the registered model, as a worker is told it; by "
                                        "default the model is first inspected, as to register it");
  CLI::Option* tokenizer = app.add_option("--tokenizer-sha256", arguments.tokenizer_sha256);
  weights->needs(tokenizer);
  tokenizer->needs(weights);
  app.add_option("--threads", arguments.threads, "Default: physical cores");
  app.add_option("--started", arguments.started,
                 "Nanoseconds on the monotonic clock from which the first prediction is timed");
  app.add_option("--kv-cache-mb", arguments.kv_cache_mebibytes)->capture_default_str();
  app.add_option("--token-budget", arguments.engine.token_budget)->capture_default_str();
  app.add_option("--most-running", arguments.engine.most_running)->capture_default_str();
  std::vector<std::string> without;
  app.add_option("--without", without, "Optimizations to leave out")
      ->check(CLI::IsMember(assay::OptimizationNames()));
  CLI11_PARSE(app, argc, argv);
  if (!*data && !*requests && !*describe) {
    std::fprintf(stderr, "one of --data, --requests and --describe is needed\n");
    return 1;
  }
  if (arguments.started > 0) {
    started = assay::Clock::time_point(std::chrono::nanoseconds(arguments.started));
  }
  if (arguments.threads > 0) {
    at::set_num_threads(arguments.threads);
    assay::ThreadPool::SetThreads(arguments.threads);
  }
  for (const std::string& name : without) assay::LeaveOut(name, &arguments.engine).IgnoreError();
  arguments.engine.kv_cache_bytes = arguments.kv_cache_mebibytes << 20;
  const absl::Status status = assay::Run(arguments, started);
  if (!status.ok()) std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
