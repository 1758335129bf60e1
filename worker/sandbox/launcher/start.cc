#include "worker/sandbox/launcher/start.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <initializer_list>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "worker/sandbox/launcher/system_call_filter.h"
#include "worker/sandbox/launcher/system_error.h"

namespace assay {
namespace {

constexpr int kProofDescriptor = 3;

std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

void SetLimit(__rlimit_resource resource, int64_t soft, int64_t hard, const char* name) {
  // What this process may not raise stays as low as it is.
  rlimit current;
  CheckCall(getrlimit(resource, &current), name);
  rlimit limit;
  limit.rlim_max = std::min<rlim_t>(static_cast<rlim_t>(hard), current.rlim_max);
  limit.rlim_cur = std::min<rlim_t>(static_cast<rlim_t>(soft), limit.rlim_max);
  CheckCall(setrlimit(resource, &limit), name);
}

void SetLimits(const StartPlan& plan) {
  const Limits& limits = plan.limits;
  // SIGXCPU at the limit; whoever ignores it is killed a second later.
  const int64_t seconds = limits.cpu_time.count();
  SetLimit(RLIMIT_CPU, seconds, seconds + 1, "limit CPU time");
  for (const auto& [resource, value, name] :
       std::initializer_list<std::tuple<__rlimit_resource, int64_t, const char*>>{
           {RLIMIT_AS, limits.process_memory_bytes, "limit memory"},
           {RLIMIT_FSIZE, limits.file_bytes, "limit the size of files"},
           {RLIMIT_NOFILE, limits.open_files, "limit open files"},
           {RLIMIT_NPROC, plan.process_limit, "limit processes"},
           {RLIMIT_SIGPENDING, 1024, "limit pending signals"},
           {RLIMIT_CORE, 0, "forbid core files"},
           {RLIMIT_MEMLOCK, 0, "forbid locked memory"},
           {RLIMIT_MSGQUEUE, 0, "forbid message queues"}}) {
    SetLimit(resource, value, value, name);
  }
}

void InstallFilter() {
  CheckCall(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "forbid new privileges");
  std::vector<sock_filter> filter = SystemCallFilter(getpid());
  const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
  CheckCall(static_cast<int>(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)),
            "install the filter of system calls");
}

void MoveTo(int descriptor, int number, const char* name) {
  CheckCall(dup2(descriptor, number), name);
}

// In the child, up to the exec.
[[noreturn]] void Become(const StartPlan& plan, int output, int error, int proof) {
  const std::vector<char*> command = Pointers(plan.command);
  const std::vector<char*> environment = Pointers(plan.environment);
  CheckCall(prctl(PR_SET_PDEATHSIG, SIGKILL), "end with the launcher");
  CheckCall(setsid(), "start a session");
  CheckCall(chdir(plan.working_folder.c_str()), "enter the working folder");
  MoveTo(Descriptor(CheckCall(open("/dev/null", O_RDONLY), "open /dev/null")).get(), STDIN_FILENO,
         "redirect the input");
  MoveTo(output, STDOUT_FILENO, "redirect the output");
  MoveTo(error, STDERR_FILENO, "redirect the errors");
  for (int descriptor : plan.inherited) {
    CheckCall(fcntl(descriptor, F_SETFD, 0), "keep a descriptor open");
  }
  // Last, for the request was read from this number.
  if (proof >= 0) MoveTo(proof, kProofDescriptor, "hand over the proof's socket");
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  CheckCall(sigprocmask(SIG_SETMASK, &none, nullptr), "unblock signals");
  SetLimits(plan);
  if (plan.install_filter) InstallFilter();
  execve(command[0], command.data(), environment.data());
  ThrowErrno("execute " + plan.command[0]);
}

std::pair<Descriptor, Descriptor> MakeSocketPair() {
  int ends[2];
  CheckCall(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "make a socket pair");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

std::string RandomDigits() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<unsigned char, 16> random;
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    ThrowErrno("get random bytes");
  }
  std::string digits;
  for (unsigned char byte : random) {
    digits += kDigits[byte >> 4];
    digits += kDigits[byte & 15];
  }
  return digits;
}

void MakeNonBlocking(const Descriptor& descriptor) {
  CheckCall(fcntl(descriptor.get(), F_SETFL, O_NONBLOCK), "make a pipe non-blocking");
}

}  // namespace

StartedProgram Start(const StartPlan& plan) {
  Pipe output = MakePipe();
  Pipe error = MakePipe();
  Pipe failure = MakePipe();
  if (!output.read_end.valid() || !error.read_end.valid() || !failure.read_end.valid()) {
    ThrowErrno("make a pipe");
  }
  std::pair<Descriptor, Descriptor> proof;
  std::string expected_proof;
  if (plan.prove_completion) {
    proof = MakeSocketPair();
    // The proof is a random text, sent back in reverse. It lies in the socket until the program's
    // end asks for it, so no copy is in the program's memory before, and what merely echoes
    // everything does not give the proof. It is sent before there is a program that could be gone.
    expected_proof = RandomDigits();
    const std::string question(expected_proof.rbegin(), expected_proof.rend());
    if (!WriteAll(proof.first.get(), question)) ThrowErrno("ask for the proof of completion");
    MakeNonBlocking(proof.first);
  }
  MakeNonBlocking(output.read_end);
  MakeNonBlocking(error.read_end);

  const pid_t pid = CheckCall(fork(), "fork");
  if (pid == 0) {
    try {
      Become(plan, output.write_end.get(), error.write_end.get(), proof.second.get());
    } catch (const std::exception& failed) {
      WriteAll(failure.write_end.get(), failed.what());
    }
    _exit(127);
  }
  failure.write_end.Close();
  std::string reason;
  ReadAll(failure.read_end.get(), reason);
  if (!reason.empty()) throw std::runtime_error(reason);
  return {.pid = pid,
          .output = std::move(output.read_end),
          .error = std::move(error.read_end),
          .proof = std::move(proof.first),
          .expected_proof = std::move(expected_proof)};
}

std::vector<std::string> ProgramEnvironment(const std::string& temporary_folder,
                                            const std::vector<std::string>& more) {
  std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
                                          "HOME=" + temporary_folder, "TMPDIR=" + temporary_folder};
  environment.insert(environment.end(), more.begin(), more.end());
  return environment;
}

}  // namespace assay
