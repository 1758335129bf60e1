// `assay job ...`
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/commands/context.h"
#include "client/commands/job_retention.h"
#include "client/commands/outcome.h"

namespace assay {
namespace {

struct DeleteOptions {
  int64_t job = 0;
  bool yes = false;
  bool dry_run = false;
};

absl::StatusOr<bool> Ask(const Console& console, const std::string& question) {
  if (isatty(STDIN_FILENO) == 0) {
    return absl::InvalidArgumentError(
        "nobody is there to be asked: --yes deletes it without a question");
  }
  *console.err << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

absl::Status Delete(const CommandContext& context, const DeleteOptions& options) {
  if (options.dry_run) return DeleteJob(context, options.job, nullptr);
  return DeleteJob(context, options.job, [&]() -> absl::StatusOr<bool> {
    if (options.yes) return true;
    return Ask(*context.console, absl::StrCat("Delete job ", options.job, " for good?"));
  });
}

void AddDelete(CLI::App& group, CommandContext& context) {
  CLI::App* command = group.add_subcommand(
      "delete", "Delete a job that has ended, with all its predictions and scores, for good");
  auto options = std::make_shared<DeleteOptions>();
  command->add_option("job", options->job, "The job's number")
      ->required()
      ->check(CLI::PositiveNumber);
  CLI::Option* dry_run =
      command->add_flag("--dry-run", options->dry_run, "Only show what would be deleted");
  command->add_flag("--yes", options->yes, "Do not ask")->excludes(dry_run);
  AddOutcomeFormat(command, context);
  command->callback([&context, options] {
    context.action = [&context, options] {
      return ExitCodeOf(*context.console, Delete(context, *options));
    };
  });
}

void AddArchive(CLI::App& group, CommandContext& context) {
  CLI::App* command = group.add_subcommand(
      "archive",
      "Move a job that has ended out of the database, into Parquet files from which it comes back");
  auto job = std::make_shared<int64_t>(0);
  auto output = std::make_shared<std::string>();
  command->add_option("job", *job, "The job's number")->required()->check(CLI::PositiveNumber);
  command->add_option("--output", *output, "A new folder for it")->required()->type_name("DIR");
  AddOutcomeFormat(command, context);
  command->callback([&context, job, output] {
    context.action = [&context, job, output] {
      return ExitCodeOf(*context.console, ArchiveJob(context, *job, *output));
    };
  });
}

void AddRestore(CLI::App& group, CommandContext& context) {
  CLI::App* command =
      group.add_subcommand("restore", "Bring an archived job back as it was, under its number");
  auto folder = std::make_shared<std::string>();
  command->add_option("archive", *folder, "The archive's folder")->required()->type_name("DIR");
  AddOutcomeFormat(command, context);
  command->callback([&context, folder] {
    context.action = [&context, folder] {
      return ExitCodeOf(*context.console, RestoreJob(context, *folder));
    };
  });
}

void AddDeleted(CLI::App& group, CommandContext& context) {
  CLI::App* command =
      group.add_subcommand("deleted", "List the jobs that were deleted or archived");
  auto limit = std::make_shared<int>(100);
  command->add_option("--limit", *limit, "At most so many")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  auto format = AddFormatOption(command);
  command->callback([&context, limit, format] {
    context.action = [&context, limit, format] {
      return ExitCodeOf(*context.console, ListDeletedJobs(context, *limit, *format));
    };
  });
}

}  // namespace

void AddJobGroup(CLI::App& parent, CommandContext& context) {
  CLI::App* group =
      parent.add_subcommand("job", "Delete jobs, archive them and bring archived ones back");
  group->require_subcommand(1);
  AddDelete(*group, context);
  AddArchive(*group, context);
  AddRestore(*group, context);
  AddDeleted(*group, context);
}

}  // namespace assay
