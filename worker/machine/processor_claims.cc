#include "worker/machine/processor_claims.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

// A socket that has the name of the claim, or -1 when another has it.
int Claim(const std::string& name, int processor) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // A zero byte in front makes the name abstract.
  const std::string path =
      absl::StrCat(name, "/", processor).substr(0, sizeof(address.sun_path) - 1);
  std::copy(path.begin(), path.end(), address.sun_path + 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + path.size());
  const int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (file < 0) return -1;
  if (bind(file, reinterpret_cast<const sockaddr*>(&address), size) == 0) return file;
  close(file);
  return -1;
}

}  // namespace

ProcessorClaims ProcessorClaims::Take(const std::string& name, absl::Span<const int> candidates,
                                      int most) {
  ProcessorClaims claims;
  for (const int processor : candidates) {
    if (static_cast<int>(claims.processors_.size()) >= most) break;
    const int file = Claim(name, processor);
    if (file < 0) continue;
    claims.processors_.push_back(processor);
    claims.sockets_.push_back(file);
  }
  return claims;
}

ProcessorClaims::~ProcessorClaims() { Release(); }

ProcessorClaims::ProcessorClaims(ProcessorClaims&& other) noexcept
    : processors_(std::exchange(other.processors_, {})),
      sockets_(std::exchange(other.sockets_, {})) {}

ProcessorClaims& ProcessorClaims::operator=(ProcessorClaims&& other) noexcept {
  if (this != &other) {
    Release();
    processors_ = std::exchange(other.processors_, {});
    sockets_ = std::exchange(other.sockets_, {});
  }
  return *this;
}

void ProcessorClaims::Release() {
  for (const int file : sockets_) close(file);
  sockets_.clear();
  processors_.clear();
}

}  // namespace assay
