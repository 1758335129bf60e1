// `assay limit`: what is set for users.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "assay/v1/admin_service.grpc.pb.h"
#include "client/commands/context.h"
#include "client/commands/other_service.h"
#include "client/commands/outcome.h"
#include "client/output/text.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

using Admin = v1::AdminService;

struct LimitOptions {
  std::string user;
  std::optional<int64_t> queued_items, open_jobs, stored_items;
  std::optional<double> weight;
  std::optional<int32_t> most_shards, most_workers;
};

Cell LimitCell(bool is_there, int64_t limit) {
  return is_there ? Cell(limit, absl::StrCat(limit)) : Cell(Json(), "-");
}

absl::Status List(const CommandContext& context, OutputFormat format) {
  ASSAY_ASSIGN_OR_RETURN(const v1::ListQuotasResponse response,
                         CallOf<Admin>(context, &Admin::Stub::ListQuotas, v1::ListQuotasRequest()));
  auto writer = RecordWriter::Create(format, "limits",
                                     {{"user", "user"},
                                      {"queued_items", "queued items", Align::kRight},
                                      {"queued_items_limit", "limit", Align::kRight},
                                      {"open_jobs", "open jobs", Align::kRight},
                                      {"open_jobs_limit", "limit", Align::kRight},
                                      {"stored_items", "stored items", Align::kRight},
                                      {"stored_items_limit", "limit", Align::kRight},
                                      {"leased_shards", "leased shards", Align::kRight},
                                      {"leased_shards_limit", "limit", Align::kRight},
                                      {"workers", "workers", Align::kRight},
                                      {"workers_limit", "limit", Align::kRight},
                                      {"weight", "weight", Align::kRight}},
                                     *context.console);
  for (const v1::QuotaUse& use : response.quotas()) {
    const v1::Quota& quota = use.quota();
    writer->Add({quota.user(), use.queued_items(),
                 LimitCell(quota.has_queued_items(), quota.queued_items()), use.open_jobs(),
                 LimitCell(quota.has_open_jobs(), quota.open_jobs()), use.stored_items(),
                 LimitCell(quota.has_stored_items(), quota.stored_items()), use.leased_shards(),
                 LimitCell(quota.has_most_shards(), quota.most_shards()), use.workers(),
                 LimitCell(quota.has_most_workers(), quota.most_workers()),
                 quota.has_weight() ? quota.weight() : 1.0});
  }
  writer->Finish();
  return absl::OkStatus();
}

absl::Status Set(const CommandContext& context, const LimitOptions& options) {
  v1::SetQuotaRequest request;
  v1::Quota& quota = *request.mutable_quota();
  quota.set_user(options.user);
  if (options.queued_items) quota.set_queued_items(*options.queued_items);
  if (options.open_jobs) quota.set_open_jobs(*options.open_jobs);
  if (options.stored_items) quota.set_stored_items(*options.stored_items);
  if (options.weight) quota.set_weight(*options.weight);
  if (options.most_shards) quota.set_most_shards(*options.most_shards);
  if (options.most_workers) quota.set_most_workers(*options.most_workers);
  ASSAY_RETURN_IF_ERROR(CallOf<Admin>(context, &Admin::Stub::SetQuota, request).status());
  const auto json = [](const auto& value) { return value ? Json(*value) : Json(); };
  TellOutcome(context, absl::StrCat("set for ", EscapeLine(options.user)),
              {{"user", options.user},
               {"queued_items", json(options.queued_items)},
               {"open_jobs", json(options.open_jobs)},
               {"stored_items", json(options.stored_items)},
               {"most_shards", json(options.most_shards)},
               {"most_workers", json(options.most_workers)},
               {"weight", options.weight.value_or(1)}});
  return absl::OkStatus();
}

absl::Status Remove(const CommandContext& context, const std::string& user) {
  v1::SetQuotaRequest request;
  request.mutable_quota()->set_user(user);
  ASSAY_RETURN_IF_ERROR(CallOf<Admin>(context, &Admin::Stub::SetQuota, request).status());
  TellOutcome(context, absl::StrCat("nothing is set for ", EscapeLine(user), " any more"),
              {{"user", user}, {"set", false}});
  return absl::OkStatus();
}

void AddUser(CLI::App* command, std::string& user) {
  command->add_option("user", user, "Whom; \"*\": whoever has nothing set of their own")
      ->required()
      ->type_name("USER");
}

void AddSet(CLI::App* parent, CommandContext& context) {
  CLI::App* set =
      parent->add_subcommand("set", "Limit and weigh a user's work, in place of what was set");
  auto options = std::make_shared<LimitOptions>();
  AddUser(set, options->user);
  set->add_option("--queued-items", options->queued_items, "Items of all jobs that are not done")
      ->check(CLI::NonNegativeNumber);
  set->add_option("--open-jobs", options->open_jobs, "Jobs that have not ended")
      ->check(CLI::NonNegativeNumber);
  set->add_option("--stored-items", options->stored_items, "Items of all jobs, done or not")
      ->check(CLI::NonNegativeNumber);
  set->add_option("--most-shards", options->most_shards, "Shards leased at once")
      ->check(CLI::PositiveNumber);
  set->add_option("--most-workers", options->most_workers, "Workers that work on them at once")
      ->check(CLI::PositiveNumber);
  set->add_option("--weight", options->weight,
                  "Of the workers' time, twice as much as a user of half the weight; default: 1")
      ->check(CLI::Range(0.001, 1000.0));
  AddOutcomeFormat(set, context);
  set->callback([&context, options] {
    context.action = [&context, options] {
      return ExitCodeOf(*context.console, Set(context, *options));
    };
  });
}

}  // namespace

void AddLimitCommands(CLI::App& parent, CommandContext& context) {
  CLI::App* limit =
      parent.add_subcommand("limit", "How much users may submit, and how they share the workers");
  limit->require_subcommand(1);
  CLI::App* list = limit->add_subcommand("list", "What is set, and what there is of each user");
  auto format = AddFormatOption(list);
  list->callback([&context, format] {
    context.action = [&context, format] {
      return ExitCodeOf(*context.console, List(context, *format));
    };
  });
  AddSet(limit, context);
  CLI::App* remove = limit->add_subcommand("remove", "Back to what everybody has");
  auto user = std::make_shared<std::string>();
  AddUser(remove, *user);
  AddOutcomeFormat(remove, context);
  remove->callback([&context, user] {
    context.action = [&context, user] {
      return ExitCodeOf(*context.console, Remove(context, *user));
    };
  });
}

}  // namespace assay
