#include "common/base/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

constexpr size_t kMaxTokenBytes = 4096;

absl::Status SystemError(const std::string& path, int error) {
  const std::string message = absl::StrCat(path, ": ", strerror(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::FailedPreconditionError(message);
}

absl::StatusOr<std::string> Read(const std::string& path, size_t max_bytes, bool secret) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return SystemError(path, errno);
  const absl::Cleanup closed = [file] { close(file); };
  // Of the file that is open, which cannot be another by now.
  struct stat facts = {};
  if (fstat(file, &facts) != 0) return SystemError(path, errno);
  if (!S_ISREG(facts.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": is no file"));
  }
  if (secret && (facts.st_mode & S_IRWXO) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": every user of this machine may read it; do `chmod o= ", path, "`"));
  }
  std::string content(max_bytes + 1, '\0');
  size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = read(file, content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(path, errno);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > max_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is longer than ", max_bytes, " bytes"));
  }
  content.resize(size);
  return content;
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t max_bytes) {
  return Read(path, max_bytes, /*secret=*/false);
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path, size_t max_bytes) {
  return Read(path, max_bytes, /*secret=*/true);
}

absl::StatusOr<std::string> ReadTokenFile(const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(const std::string content, ReadSecretFile(path, kMaxTokenBytes));
  std::string token(absl::StripAsciiWhitespace(content));
  for (const char c : token) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) token.clear();
  }
  if (token.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": must hold a token and nothing else"));
  }
  return token;
}

}  // namespace assay
