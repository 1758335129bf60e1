// The engine alone on a benchmark's real prompts: items/s, tokens/s and the share of the prompt
// tokens that the prefix cache saved.
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"
#include "worker/engine/engine.h"
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
  EngineOptions engine;
};

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
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

absl::Status Run(const Arguments& arguments) {
  ASSAY_ASSIGN_OR_RETURN(const Precision precision, ParsePrecision(arguments.precision));
  auto begin = std::chrono::steady_clock::now();
  ASSAY_ASSIGN_OR_RETURN(const ModelSpec spec, InspectModel("bench", arguments.model));
  ASSAY_ASSIGN_OR_RETURN(const LoadedModel model, LoadModel(spec, precision));
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

  begin = std::chrono::steady_clock::now();
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

  begin = std::chrono::steady_clock::now();
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

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  assay::Arguments arguments;
  CLI::App app("Measures the engine on a benchmark's prompts.");
  app.add_option("--model", arguments.model, "A Hugging Face folder or a GGUF file")->required();
  app.add_option("--benchmark", arguments.benchmark)->capture_default_str();
  app.add_option("--data", arguments.data, "The benchmark's folder")->required();
  app.add_option("--protocol", arguments.protocol, "Default: the benchmark's first");
  app.add_option("--precision", arguments.precision)->capture_default_str();
  app.add_option("--items", arguments.items, "Of each group, at most")->capture_default_str();
  app.add_option("--groups", arguments.groups, "At most")->capture_default_str();
  app.add_option("--token-budget", arguments.engine.token_budget)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = assay::Run(arguments);
  if (!status.ok()) std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
