// assay-worker: leases shards of items from a coordinator, runs the model on them and reports what
// it said.
#include <cstdio>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/version.h"
#include "common/logging/log_options.h"
#include "spdlog/spdlog.h"
#include "worker/cli/arguments.h"
#include "worker/cli/serve.h"
#include "worker/cli/serve_options.h"
#include "worker/process/count_tokens.h"
#include "worker/process/engine_identity.h"
#include "worker/process/inspect.h"
#include "worker/process/probe.h"
#include "worker/sandbox/sandbox.h"

namespace assay {
namespace {

int Probe(const WorkerArguments& arguments) {
  ProbeOptions options;
  options.device = arguments.device;
  const absl::StatusOr<SandboxMode> mode = ParseSandboxMode(arguments.sandbox);
  if (mode.ok()) options.sandbox.mode = *mode;
  std::printf("%s\n", ProbeJson(options, arguments.sandbox).c_str());
  return 0;
}

int Main(int argc, char** argv) {
  WorkerArguments arguments;
  CLI::App app("Runs language models on the items that a coordinator leases to it.",
               "assay-worker");
  app.set_version_flag("--version", [] {
    return absl::StrCat("assay-worker ", kVersion, " (engine ", EngineIdentity(), ")");
  });
  AddServeOptions(&app, &arguments);
  CLI::App* inspect =
      app.add_subcommand("inspect", "Checks a model's files, prints what is in them, and ends");
  inspect->add_flag("--json", arguments.json, "Print JSON");
  inspect->add_option("--base", arguments.model_base,
                      "Of a LoRA adapter: its base's folder or GGUF file");
  inspect->add_option("NAME", arguments.model_name, "What the model is to be called")->required();
  inspect->add_option("PATH", arguments.model_path, "A Hugging Face folder or a GGUF file")
      ->required();
  CLI::App* probe = app.add_subcommand(
      "probe", "Tries the device and the sandbox (--device, --sandbox), prints JSON, and ends");
  probe->fallthrough();
  CLI::App* count = app.add_subcommand(
      "count-tokens", "Prints how many tokens each text of a JSON array has, and ends");
  count->add_option("--base", arguments.model_base,
                    "Of a LoRA adapter: its base's folder or GGUF file");
  count->add_option("PATH", arguments.model_path, "A Hugging Face folder or a GGUF file")
      ->required();
  count->add_option("TEXTS", arguments.texts, "A file with the array")->required();
  CLI11_PARSE(app, argc, argv);

  StartLogging("assay-worker", arguments.log);  // standard output is for results
  if (inspect->parsed())
    return Inspect(arguments.model_name, arguments.model_path, arguments.model_base,
                   arguments.json);
  if (probe->parsed()) return Probe(arguments);
  if (count->parsed()) {
    return CountTokens(arguments.model_path, arguments.model_base, arguments.texts);
  }
  if (absl::Status status = Serve(arguments); !status.ok()) {
    if (arguments.log.format == LogFormat::kJson) {
      SPDLOG_CRITICAL("{}", std::string(status.message()));
    } else {
      std::fprintf(stderr, "assay-worker: %s\n", std::string(status.message()).c_str());
    }
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) { return assay::Main(argc, argv); }
