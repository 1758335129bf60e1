#include "worker/sandbox/sandbox.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "worker/sandbox/launcher_process.h"

namespace assay {
namespace {

constexpr char kNamespacesName[] = "namespaces";
constexpr char kRlimitsName[] = "rlimits";

// Beyond a program's own time: to start it, to kill it, to clean up behind it.
constexpr absl::Duration kPatience = absl::Seconds(30);

absl::StatusOr<std::string> LauncherBesideThisProgram() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot tell where this program is: ", error.message()));
  }
  return (self.parent_path() / "assay-sandbox").string();
}

absl::Status CheckExecutable(const std::string& path, absl::string_view remedy) {
  if (access(path.c_str(), X_OK) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the sandbox needs the program ", path, ": ",
                   std::error_code(errno, std::generic_category()).message(), ". ", remedy));
}

std::string Remedy(SandboxMode mode) {
  if (mode == SandboxMode::kRlimitsOnly) return "";
  return absl::StrCat(
      " Allow user namespaces (sysctl user.max_user_namespaces above 0; on Debian "
      "kernel.unprivileged_userns_clone=1, on Ubuntu "
      "kernel.apparmor_restrict_unprivileged_userns=0; "
      "in a container a seccomp profile that lets unshare and mount through), or choose the weaker "
      "sandbox \"",
      kRlimitsName, "\" by name. ", WeaknessOf(SandboxMode::kRlimitsOnly));
}

}  // namespace

absl::StatusOr<SandboxMode> ParseSandboxMode(absl::string_view name) {
  if (name == kNamespacesName) return SandboxMode::kNamespaces;
  if (name == kRlimitsName) return SandboxMode::kRlimitsOnly;
  return absl::InvalidArgumentError(absl::StrCat("there is no sandbox \"", name, "\"; there are \"",
                                                 kNamespacesName, "\" and \"", kRlimitsName, "\""));
}

absl::string_view WeaknessOf(SandboxMode mode) {
  if (mode == SandboxMode::kNamespaces) return "";
  return "With it, generated programs read every file that the worker's user may read (as root: "
         "that the user nobody may read), write wherever that user may write, see the machine's "
         "processes, and are not held to an amount of disk space.";
}

absl::StatusOr<std::unique_ptr<Sandbox>> Sandbox::Create(SandboxOptions options) {
  if (options.max_concurrent < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a sandbox runs at least one program at a time, not ", options.max_concurrent));
  }
  if (options.launcher.empty()) {
    ASSAY_ASSIGN_OR_RETURN(options.launcher, LauncherBesideThisProgram());
  }
  ASSAY_RETURN_IF_ERROR(
      CheckExecutable(options.launcher, "It is built and installed with assay-worker."));
  if (options.mode == SandboxMode::kNamespaces) {
    ASSAY_RETURN_IF_ERROR(
        CheckExecutable(options.bubblewrap, "Install Debian's package bubblewrap."));
  }
  std::unique_ptr<Sandbox> sandbox(new Sandbox(std::move(options)));
  const absl::StatusOr<Outcome> trial = sandbox->Run({.interpreter = {"/bin/sh"}, .source = ":"});
  const SandboxMode mode = sandbox->options_.mode;
  if (!trial.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("this machine cannot run programs in a sandbox: ", trial.status().message(),
                     ".", Remedy(mode)));
  }
  if (trial->kind != Outcome::Kind::kExited || trial->exit_code != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("an empty program fails in the sandbox: ", trial->standard_error));
  }
  return sandbox;
}

Sandbox::~Sandbox() { Stop(); }

absl::StatusOr<Outcome> Sandbox::Run(const Program& program) {
  if (program.interpreter.empty() || !program.interpreter[0].starts_with('/')) {
    return absl::InvalidArgumentError("a program needs an interpreter, by its whole path");
  }
  return Launch({.namespaces = options_.mode == SandboxMode::kNamespaces,
                 .bubblewrap = options_.bubblewrap,
                 .interpreter = program.interpreter,
                 .source = program.source,
                 .prove_completion = program.prove_completion,
                 .environment = program.environment,
                 .read_only_paths = options_.read_only_paths,
                 .temporary_folder = options_.temporary_folder,
                 .limits = program.limits});
}

absl::StatusOr<Outcome> Sandbox::Launch(const LaunchRequest& request) {
  Pipe lifeline = MakePipe();
  if (!lifeline.read_end.valid()) return absl::ErrnoToStatus(errno, "make a pipe");
  ASSAY_ASSIGN_OR_RETURN(const int ticket, Enter(std::move(lifeline.write_end)));
  const auto report = [&]() -> absl::StatusOr<std::string> {
    const Descriptor request_file = MemoryFile(Encode(request));
    if (!request_file.valid()) return absl::ErrnoToStatus(errno, "make a file in memory");
    Pipe answer = MakePipe();
    if (!answer.read_end.valid()) return absl::ErrnoToStatus(errno, "make a pipe");
    ASSAY_ASSIGN_OR_RETURN(
        const pid_t launcher,
        StartLauncher(options_.launcher, request_file, answer.write_end, lifeline.read_end));
    answer.write_end.Close();
    return AwaitReport(launcher, answer.read_end,
                       absl::FromChrono(request.limits.wall_time) + kPatience);
  }();
  Leave(ticket);
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return absl::CancelledError("the sandbox was stopped");
  }
  if (!report.ok()) return absl::InternalError(report.status().message());
  LaunchReport decoded;
  if (!Decode(*report, decoded)) {
    return absl::InternalError("the sandbox's launcher ended without a report");
  }
  if (!decoded.error.empty()) {
    return absl::InternalError(absl::StripAsciiWhitespace(decoded.error));
  }
  return std::move(decoded.outcome);
}

absl::StatusOr<int> Sandbox::Enter(Descriptor lifeline) {
  absl::MutexLock lock(&mutex_);
  const auto may_go_on = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopped_ || lifelines_.size() < static_cast<size_t>(options_.max_concurrent);
  };
  mutex_.Await(absl::Condition(&may_go_on));
  if (stopped_) return absl::CancelledError("the sandbox was stopped");
  lifelines_.emplace(++next_ticket_, std::move(lifeline));
  return next_ticket_;
}

void Sandbox::Leave(int ticket) {
  absl::MutexLock lock(&mutex_);
  lifelines_.erase(ticket);
}

void Sandbox::Stop() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
  for (auto& [ticket, lifeline] : lifelines_) lifeline.Close();
  const auto is_empty = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return lifelines_.empty(); };
  mutex_.Await(absl::Condition(&is_empty));
}

}  // namespace assay
