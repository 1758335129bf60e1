#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/commands/context.h"
#include "client/doctor/health.h"
#include "common/rpc/channel.h"

namespace assay {
namespace {

// Each of the coordinators must serve.
absl::Status CheckAll(const CommandContext& context, double seconds) {
  const std::vector<std::string> addresses = absl::StrSplit(context.coordinator, ',');
  const std::vector<std::shared_ptr<grpc::Channel>> channels = MakeChannels(context.coordinator);
  for (size_t i = 0; i < channels.size(); ++i) {
    const absl::Status status = CheckHealth(channels[i], absl::Seconds(seconds));
    if (!status.ok()) {
      return absl::UnavailableError(
          absl::StrCat("coordinator ", addresses[i], " ", status.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

void AddHealthCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand(
      "health", "Whether the coordinators serve, for health checks: silent, and exit code 0");
  auto seconds = std::make_shared<double>(3);
  command->add_option("--timeout", *seconds, "Seconds to wait for an answer")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  command->callback([&context, seconds] {
    context.action = [&context, seconds] {
      return ExitCodeOf(*context.console, CheckAll(context, *seconds));
    };
  });
}

}  // namespace assay
