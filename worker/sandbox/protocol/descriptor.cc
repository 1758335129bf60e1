#include "worker/sandbox/protocol/descriptor.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace assay {

void Descriptor::Close() {
  if (number_ >= 0) close(std::exchange(number_, -1));
}

Pipe MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Descriptor MemoryFile(std::string_view content) {
  Descriptor file(memfd_create("assay-sandbox", MFD_CLOEXEC));
  if (!file.valid() || !WriteAll(file.get(), content) || lseek(file.get(), 0, SEEK_SET) != 0) {
    return {};
  }
  return file;
}

Descriptor Duplicate(const Descriptor& descriptor, int minimum) {
  return Descriptor(fcntl(descriptor.get(), F_DUPFD_CLOEXEC, minimum));
}

bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool ReadAll(int descriptor, std::string& bytes) {
  std::array<char, 64 << 10> buffer;
  while (true) {
    const ssize_t size = read(descriptor, buffer.data(), buffer.size());
    if (size == 0) return true;
    if (size > 0) bytes.append(buffer.data(), static_cast<size_t>(size));
    if (size < 0 && errno != EINTR) return false;
  }
}

}  // namespace assay
