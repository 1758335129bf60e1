// assay-sandbox: runs one program of unknown intent and reports how it ended. The worker starts it
// for each program (worker/sandbox/sandbox.h); it is of no use by hand. A process of its own, since
// it changes its user, its namespaces and its limits, and adopts what the program leaves behind.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "worker/sandbox/launcher/isolation.h"
#include "worker/sandbox/launcher/runs.h"
#include "worker/sandbox/launcher/supervisor.h"
#include "worker/sandbox/launcher/system_error.h"
#include "worker/sandbox/protocol/descriptor.h"
#include "worker/sandbox/protocol/messages.h"

namespace assay {
namespace {

LaunchRequest ReadRequest() {
  std::string bytes;
  LaunchRequest request;
  if (!ReadAll(kRequestDescriptor, bytes)) ThrowErrno("read the request");
  if (!Decode(bytes, request) || request.interpreter.empty()) {
    throw std::runtime_error("the request is not one of this build");
  }
  return request;
}

Outcome Run() {
  const LaunchRequest request = ReadRequest();
  BecomeSupervisor();
  DropRoot();
  return request.namespaces ? RunInNamespaces(request) : RunWithLimits(request);
}

int Main() {
  if (fcntl(kReportDescriptor, F_GETFD) < 0 || fcntl(kLifelineDescriptor, F_GETFD) < 0) {
    std::fputs("assay-sandbox is started by assay-worker, not by hand.\n", stderr);
    return 2;
  }
  // The program gets none of our descriptors, nor what we may have been started with.
  close_range(kLifelineDescriptor + 1, ~0U, 0);
  for (int descriptor = kRequestDescriptor; descriptor <= kLifelineDescriptor; ++descriptor) {
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }
  LaunchReport report;
  try {
    report.outcome = Run();
  } catch (const std::exception& failed) {
    report.error = failed.what();
  }
  return WriteAll(kReportDescriptor, Encode(report)) ? 0 : 1;
}

}  // namespace
}  // namespace assay

int main() { return assay::Main(); }
