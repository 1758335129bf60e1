// `assay quota`: how users share the workers; `assay priority`.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "assay/v1/schedule_service.grpc.pb.h"
#include "client/commands/context.h"
#include "client/commands/other_service.h"
#include "client/output/text.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

Cell LimitCell(int32_t limit) {
  return limit > 0 ? Cell(limit, absl::StrCat(limit)) : Cell(Json(), "-");
}

absl::Status List(const CommandContext& context, OutputFormat format) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListSharesResponse response,
      CallOf<v1::ScheduleService>(service, &v1::ScheduleService::Stub::ListShares,
                                  v1::ListSharesRequest()));
  auto writer = RecordWriter::Create(format, "shares",
                                     {{"owner", "owner"},
                                      {"weight", "weight", Align::kRight},
                                      {"most_shards", "most shards", Align::kRight},
                                      {"most_workers", "most workers", Align::kRight},
                                      {"open_jobs", "open jobs", Align::kRight},
                                      {"leased_shards", "leased shards", Align::kRight},
                                      {"workers", "workers", Align::kRight}},
                                     *context.console);
  for (const v1::Share& share : response.shares()) {
    writer->Add({share.owner(), share.weight(), LimitCell(share.most_shards()),
                 LimitCell(share.most_workers()), share.open_jobs(), share.leased_shards(),
                 share.workers()});
  }
  writer->Finish();
  return absl::OkStatus();
}

absl::Status Set(const CommandContext& context, const v1::SetShareRequest& request) {
  Service service = context.Connect();
  ASSAY_RETURN_IF_ERROR(
      CallOf<v1::ScheduleService>(service, &v1::ScheduleService::Stub::SetShare, request).status());
  *context.console->out << "set for " << EscapeLine(request.share().owner()) << "\n" << std::flush;
  return absl::OkStatus();
}

absl::Status Remove(const CommandContext& context, const std::string& owner) {
  Service service = context.Connect();
  v1::RemoveShareRequest request;
  request.set_owner(owner);
  ASSAY_RETURN_IF_ERROR(
      CallOf<v1::ScheduleService>(service, &v1::ScheduleService::Stub::RemoveShare, request)
          .status());
  *context.console->out << EscapeLine(owner) << " has a weight of 1 and no limits\n" << std::flush;
  return absl::OkStatus();
}

absl::Status SetPriority(const CommandContext& context, const v1::SetPriorityRequest& request) {
  Service service = context.Connect();
  ASSAY_RETURN_IF_ERROR(
      CallOf<v1::ScheduleService>(service, &v1::ScheduleService::Stub::SetPriority, request)
          .status());
  *context.console->out << "job " << request.job_id() << " has priority " << request.priority()
                        << "\n"
                        << std::flush;
  return absl::OkStatus();
}

void AddSet(CLI::App* parent, CommandContext& context) {
  CLI::App* set = parent->add_subcommand("set", "Weigh a user's work, and limit how much runs");
  struct Options {
    std::string user;
    double weight = 1;
    int most_shards = 0, most_workers = 0;
  };
  auto options = std::make_shared<Options>();
  set->add_option("user", options->user, "Whose jobs")->required()->type_name("USER");
  set->add_option("--weight", options->weight,
                  "Of the workers' time: twice as much as a user of half the weight")
      ->check(CLI::Range(0.001, 1000.0))
      ->capture_default_str();
  set->add_option("--most-shards", options->most_shards, "Shards leased at once; 0: no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  set->add_option("--most-workers", options->most_workers,
                  "Workers that work on them at once; 0: no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  set->callback([&context, options] {
    context.action = [&context, options] {
      v1::SetShareRequest request;
      v1::Share& share = *request.mutable_share();
      share.set_owner(options->user);
      share.set_weight(options->weight);
      share.set_most_shards(options->most_shards);
      share.set_most_workers(options->most_workers);
      return ExitCodeOf(*context.console, Set(context, request));
    };
  });
}

}  // namespace

void AddShareCommands(CLI::App& parent, CommandContext& context) {
  CLI::App* quota = parent.add_subcommand("quota", "How users share the workers");
  quota->require_subcommand(1);
  CLI::App* list = quota->add_subcommand("list", "Weights and limits, and what is leased now");
  auto format = AddFormatOption(list);
  list->callback([&context, format] {
    context.action = [&context, format] {
      return ExitCodeOf(*context.console, List(context, *format));
    };
  });
  AddSet(quota, context);
  CLI::App* remove = quota->add_subcommand("remove", "Back to a weight of 1 and no limits");
  auto user = std::make_shared<std::string>();
  remove->add_option("user", *user, "Whose jobs")->required()->type_name("USER");
  remove->callback([&context, user] {
    context.action = [&context, user] {
      return ExitCodeOf(*context.console, Remove(context, *user));
    };
  });

  CLI::App* priority = parent.add_subcommand("priority", "Change the priority of a job");
  auto request = std::make_shared<v1::SetPriorityRequest>();
  auto job = std::make_shared<int64_t>(0);
  auto value = std::make_shared<int>(0);
  priority->add_option("job", *job, "The job's number")->required()->check(CLI::PositiveNumber);
  priority->add_option("priority", *value, "-100 to 100, the highest first")
      ->required()
      ->check(CLI::Range(-100, 100));
  priority->callback([&context, request, job, value] {
    context.action = [&context, request, job, value] {
      request->set_job_id(*job);
      request->set_priority(*value);
      return ExitCodeOf(*context.console, SetPriority(context, *request));
    };
  });
}

}  // namespace assay
