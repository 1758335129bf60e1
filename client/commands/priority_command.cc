// `assay priority`.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "assay/v1/schedule_service.grpc.pb.h"
#include "client/commands/context.h"
#include "client/commands/other_service.h"
#include "client/commands/outcome.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

absl::Status SetPriority(const CommandContext& context, const v1::SetPriorityRequest& request) {
  Service service = context.Connect();
  ASSAY_RETURN_IF_ERROR(
      CallOf<v1::ScheduleService>(service, &v1::ScheduleService::Stub::SetPriority, request)
          .status());
  TellOutcome(context, absl::StrCat("job ", request.job_id(), " has priority ", request.priority()),
              {{"job_id", request.job_id()}, {"priority", request.priority()}});
  return absl::OkStatus();
}

}  // namespace

void AddPriorityCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* priority = parent.add_subcommand("priority", "Change the priority of a job");
  auto request = std::make_shared<v1::SetPriorityRequest>();
  auto job = std::make_shared<int64_t>(0);
  auto value = std::make_shared<int>(0);
  priority->add_option("job", *job, "The job's number")->required()->check(CLI::PositiveNumber);
  priority->add_option("priority", *value, "-100 to 100, the highest first")
      ->required()
      ->check(CLI::Range(-100, 100));
  AddOutcomeFormat(priority, context);
  priority->callback([&context, request, job, value] {
    context.action = [&context, request, job, value] {
      request->set_job_id(*job);
      request->set_priority(*value);
      return ExitCodeOf(*context.console, SetPriority(context, *request));
    };
  });
}

}  // namespace assay
