// Runs programs of unknown intent, as a language model writes them.
//
//   ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<Sandbox> sandbox, Sandbox::Create({}));
//   ASSAY_ASSIGN_OR_RETURN(Outcome outcome, sandbox->Run({.source = "print(1)"}));
//
// What each mode protects and what not: docs/sandbox.md.
#ifndef ASSAY_WORKER_SANDBOX_SANDBOX_H_
#define ASSAY_WORKER_SANDBOX_SANDBOX_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "worker/sandbox/protocol/descriptor.h"
#include "worker/sandbox/protocol/limits.h"
#include "worker/sandbox/protocol/messages.h"
#include "worker/sandbox/protocol/outcome.h"

namespace assay {

enum class SandboxMode {
  // bubblewrap: no network, no other processes, no files but the system's own, all read-only.
  kNamespaces,
  // For machines that forbid namespaces, when the user asks for it by name. The program reads the
  // files that the worker's user may read, and writes those that it may write.
  kRlimitsOnly,
};

// "namespaces" or "rlimits"; InvalidArgument names both.
absl::StatusOr<SandboxMode> ParseSandboxMode(absl::string_view name);
// One sentence to show when a mode is chosen: what it does not protect. Empty for kNamespaces.
absl::string_view WeaknessOf(SandboxMode mode);

struct SandboxOptions {
  SandboxMode mode = SandboxMode::kNamespaces;
  int max_concurrent = 2;  // programs at a time
  std::string bubblewrap = "/usr/bin/bwrap";
  // The program assay-sandbox; where it is empty, the one beside the running program.
  std::string launcher = "";
  // Files or folders that programs may read besides the system's, under the same paths: an
  // interpreter outside /usr, for example.
  std::vector<std::string> read_only_paths = {};
  // Where kRlimitsOnly makes its private folders.
  std::string temporary_folder = "/tmp";
};

struct Program {
  // The command that gets the path of the program's text as its last argument.
  std::vector<std::string> interpreter = {"/usr/bin/python3", "-I", "-S"};
  std::string source = "";
  // Descriptor 3 of the program is a socket that holds 32 characters. Whoever reads them and writes
  // them back in reverse order has Outcome::completed. It is for a last statement that the
  // program's text cannot be expected to know of.
  bool prove_completion = false;
  std::vector<std::string> environment = {};  // NAME=value
  Limits limits = {};
};

// Thread-safe.
class Sandbox {
 public:
  // Runs an empty program. FailedPrecondition, with the reason and what to do about it, when this
  // machine cannot run any; a weaker mode is never chosen instead.
  static absl::StatusOr<std::unique_ptr<Sandbox>> Create(SandboxOptions options);
  ~Sandbox();

  // Waits for its turn, then until the program and all that it started are gone. Outcomes of every
  // kind are OK. Errors: Internal when the program could not be run, Cancelled after Stop.
  absl::StatusOr<Outcome> Run(const Program& program);

  // Kills what runs and refuses what comes; returns when nothing is left. Safe twice.
  void Stop();

 private:
  explicit Sandbox(SandboxOptions options) : options_(std::move(options)) {}

  absl::StatusOr<Outcome> Launch(const LaunchRequest& request);
  // Takes one of the places; the lifeline is cut by Stop.
  absl::StatusOr<int> Enter(Descriptor lifeline);
  void Leave(int ticket);

  const SandboxOptions options_;
  absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  int next_ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<int, Descriptor> lifelines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_SANDBOX_H_
