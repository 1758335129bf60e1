#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/commands/asking_options.h"
#include "client/commands/context.h"
#include "client/commands/follow_job.h"
#include "client/commands/names.h"
#include "client/output/text.h"
#include "client/process/interrupt.h"
#include "common/base/status_macros.h"
#include "common/domain/run.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

struct EvalOptions {
  std::vector<std::string> models;
  std::vector<std::string> benchmarks;
  std::string protocol;
  std::string precision = "bfloat16";
  std::optional<int> shots;
  int64_t limit = 0;
  int shard_items = 0;
  std::shared_ptr<AskingOptions> asking;
  bool dry_run = false;
  bool detach = false;
  std::shared_ptr<OutputFormat> format;
};

absl::StatusOr<v1::SubmitJobRequest> ToRequest(const EvalOptions& options) {
  v1::SubmitJobRequest request;
  for (const std::string& model : options.models) request.add_models(model);
  for (const std::string& benchmark : options.benchmarks) request.add_benchmarks(benchmark);
  v1::RunSettings& settings = *request.mutable_settings();
  settings.set_protocol(options.protocol);
  if (options.shots.has_value()) settings.set_shots(*options.shots);
  ASSAY_ASSIGN_OR_RETURN(const Precision precision, ParsePrecision(options.precision));
  settings.set_precision(ToProto(precision));
  settings.set_limit(options.limit);
  ASSAY_RETURN_IF_ERROR(options.asking->AddTo(settings));
  request.set_shard_items(options.shard_items);
  return request;
}

void WritePlan(const v1::PlanJobResponse& plan, OutputFormat format, const Console& console) {
  const bool table = format == OutputFormat::kTable;
  auto writer = RecordWriter::Create(format, "runs",
                                     {{"dataset", "benchmark"},
                                      {"benchmark", ""},
                                      {"model", "model"},
                                      {"protocol", "protocol"},
                                      {"protocol_version", ""},
                                      {"shots", "shots", Align::kRight},
                                      {"precision", "precision"},
                                      {"limit", ""},
                                      {"items", "items", Align::kRight},
                                      {"shards", "shards", Align::kRight},
                                      {"prompt_tokens", "prompt tokens", Align::kRight},
                                      {"generated_tokens", "generated tokens", Align::kRight},
                                      {"seconds", "time", Align::kRight},
                                      {"cost", ""},
                                      {"first_item_id", "first item"},
                                      {"first_prompt", ""}},
                                     console);
  bool no_worker = false;
  for (const v1::RunPlan& run : plan.runs()) {
    const v1::RunSettings& settings = run.spec().settings();
    const auto about = [](const char* mark, int64_t count) {
      return Cell(count, absl::StrCat(mark, HumanCount(static_cast<double>(count))));
    };
    const bool known = run.seconds() > 0;
    no_worker |= !known;
    writer->Add(
        {run.spec().dataset_name(), run.spec().benchmark(), run.spec().model_name(),
         settings.protocol(), settings.protocol_version(),
         settings.has_shots() ? Json(settings.shots()) : Json(), NameOf(settings.precision()),
         settings.limit(), run.items(), run.shards(), about("~", run.prompt_tokens()),
         about("≤ ", run.generated_tokens()),
         known ? Cell(run.seconds(), absl::StrCat("~", HumanDuration(absl::Seconds(std::max(
                                                           1.0, std::round(run.seconds()))))))
               : Cell(Json(), "unknown"),
         run.has_cost() ? Json(run.cost()) : Json(), run.first_item_id(), run.first_prompt()});
  }
  writer->Finish();
  if (!table) return;
  for (const v1::RunPlan& run : plan.runs()) {
    if (!run.has_cost()) continue;
    *console.out << EscapeLine(run.spec().dataset_name()) << " by "
                 << EscapeLine(run.spec().model_name()) << " costs about "
                 << absl::StrFormat("%.4f", run.cost())
                 << " when all answers are as long as they may be\n";
  }
  for (const v1::RunPlan& run : plan.runs()) {
    *console.out << "\n"
                 << Toned(absl::StrCat("first prompt of ", EscapeLine(run.spec().dataset_name()),
                                       " for ", EscapeLine(run.spec().model_name()), " (",
                                       EscapeLine(run.first_item_id()), "):"),
                          Tone::kDim, console.out_colour)
                 << "\n"
                 << EscapeControls(run.first_prompt()) << "\n";
  }
  *console.out << std::flush;
  if (no_worker) *console.err << "no time is estimated while no worker is connected\n";
}

absl::Status DryRun(const CommandContext& context, const EvalOptions& options) {
  ASSAY_ASSIGN_OR_RETURN(const v1::SubmitJobRequest request, ToRequest(options));
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const v1::PlanJobResponse plan,
                         service.Call(&v1::EvaluationService::Stub::PlanJob, request));
  WritePlan(plan, *options.format, *context.console);
  return absl::OkStatus();
}

int Evaluate(const CommandContext& context, const EvalOptions& options) {
  const Console& console = *context.console;
  const absl::StatusOr<v1::SubmitJobRequest> request = ToRequest(options);
  if (!request.ok()) return Fail(console, request.status());
  Service service = context.Connect();
  StopFlag stop;
  // Before the job exists: a Ctrl-C from here on still tells its number.
  const Interrupt interrupt([&stop] { stop.Set(); });
  const absl::StatusOr<v1::SubmitJobResponse> submitted =
      service.Call(&v1::EvaluationService::Stub::SubmitJob, *request);
  if (!submitted.ok()) return Fail(console, submitted.status());
  const int64_t job_id = submitted->job_id();
  if (options.detach) {
    if (*options.format == OutputFormat::kJson) {
      Json document = Json::object();
      document["job_id"] = job_id;
      *console.out << DumpJson(document) << "\n";
    } else {
      *console.out << job_id << "\n";
    }
    *console.out << std::flush;
    *console.err << "job " << job_id << " is submitted: assay watch " << job_id << "\n";
    return kExitOk;
  }
  *console.err << "job " << job_id << " (Ctrl-C detaches, the job goes on)\n" << std::flush;
  return WatchToTheEnd(context, service, job_id, stop, *options.format);
}

}  // namespace

void AddEvalCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand("eval",
                                            "Evaluate models on benchmarks and show the progress "
                                            "(tokens/s: those that were computed, not "
                                            "those found in the prefix cache)");
  auto options = std::make_shared<EvalOptions>();
  command->add_option("--model", options->models, "Models, M or M1,M2,...")
      ->required()
      ->delimiter(',')
      ->type_name("M")
      ->expected(1, 1000);
  command
      ->add_option("--benchmark", options->benchmarks,
                   "Data sets, by the benchmark's name or what an import was called")
      ->required()
      ->delimiter(',')
      ->type_name("B")
      ->expected(1, 1000);
  command
      ->add_option("--protocol", options->protocol,
                   "How to run them (default: each benchmark's first; `assay benchmark list`)")
      ->type_name("P");
  command->add_option("--shots", options->shots, "Few-shot examples (default: the protocol's)")
      ->type_name("K")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--limit", options->limit, "At most so many items of each subject or task")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_option("--precision", options->precision, "float32, bfloat16, float16 or int8")
      ->type_name("P")
      ->capture_default_str()
      ->check([](const std::string& name) {
        const absl::StatusOr<Precision> precision = ParsePrecision(name);
        return precision.ok() ? std::string() : std::string(precision.status().message());
      });
  options->asking = AddAskingOptions(command);
  command
      ->add_option("--shard-items", options->shard_items,
                   "Items that a worker takes at once (default: the planner decides)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  CLI::Option* dry_run =
      command->add_flag("--dry-run", options->dry_run,
                        "Only show the items, the estimated tokens and time, and the first prompt");
  command->add_flag("--detach", options->detach, "Submit, print the job's number, do not watch")
      ->excludes(dry_run);
  options->format = AddFormatOption(command);
  command->callback([&context, options] {
    context.action = [&context, options] {
      if (options->dry_run) return ExitCodeOf(*context.console, DryRun(context, *options));
      return Evaluate(context, *options);
    };
  });
}

}  // namespace assay
