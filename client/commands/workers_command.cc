#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/commands/context.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

absl::Status List(const CommandContext& context, OutputFormat format) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListWorkersResponse response,
      service.Call(&v1::EvaluationService::Stub::ListWorkers, v1::ListWorkersRequest()));
  auto writer = RecordWriter::Create(format, "workers",
                                     {{"worker_id", "worker"},
                                      {"connected", "connected"},
                                      {"leases", "leases", Align::kRight},
                                      {"hostname", "host"},
                                      {"device", "device"},
                                      {"threads", "threads", Align::kRight},
                                      {"gflops", "GFLOP/s"},
                                      {"engine_version", "engine"},
                                      {"sandbox", "sandbox"}},
                                     *context.console);
  for (const v1::WorkerStatus& status : response.workers()) {
    const v1::WorkerInfo& worker = status.worker();
    Json gflops = Json::object();
    std::vector<std::string> rates;
    for (const auto& [precision, rate] : worker.gflops()) gflops[precision] = rate;
    for (const auto& [precision, rate] : gflops.items()) {
      rates.push_back(absl::StrFormat("%s %.0f", precision, rate.get<double>()));
    }
    std::sort(rates.begin(), rates.end());
    writer->Add({worker.worker_id(),
                 Cell(status.connected(), status.connected() ? "yes" : "no",
                      status.connected() ? Tone::kGood : Tone::kDim),
                 status.leases(), worker.hostname(), worker.device(), worker.threads(),
                 Cell(std::move(gflops), absl::StrJoin(rates, ", ")), worker.engine_version(),
                 worker.sandbox()});
  }
  writer->Finish();
  return absl::OkStatus();
}

}  // namespace

void AddWorkersCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand("workers", "List the workers");
  auto format = AddFormatOption(command);
  command->callback([&context, format] {
    context.action = [&context, format] {
      return ExitCodeOf(*context.console, List(context, *format));
    };
  });
}

}  // namespace assay
