// Errors of the launcher: it is a program of its own, and main() reports what is thrown.
#ifndef ASSAY_WORKER_SANDBOX_LAUNCHER_SYSTEM_ERROR_H_
#define ASSAY_WORKER_SANDBOX_LAUNCHER_SYSTEM_ERROR_H_

#include <cerrno>
#include <string>
#include <system_error>

namespace assay {

// Throws what went wrong and why, by errno.
[[noreturn]] inline void ThrowErrno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Of a system call's result: throws when it is negative.
inline int CheckCall(int result, const std::string& what) {
  if (result < 0) ThrowErrno(what);
  return result;
}

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_LAUNCHER_SYSTEM_ERROR_H_
