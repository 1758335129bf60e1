// absl::Mutex and absl::CondVar for ThreadSanitizer. Debian's Abseil is built without it, so that
// the order which its locks make is invisible and every guarded access looks like a race. Linked
// into a program, these definitions come before the library's: each tells ThreadSanitizer about the
// order and calls the library's own.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/synchronization/mutex.h"

extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);

namespace {

#define ASSAY_STRING_INNER(text) #text
#define ASSAY_STRING(text) ASSAY_STRING_INNER(text)

// The library's own function; `suffix` is what follows the namespace in its mangled name.
template <typename Function>
Function* Library(const char* suffix) {
  const std::string space = ASSAY_STRING(ABSL_OPTION_INLINE_NAMESPACE_NAME);
  const std::string name = "_ZN4absl" + std::to_string(space.size()) + space + suffix;
  void* function = dlsym(RTLD_NEXT, name.c_str());
  if (function == nullptr) {
    std::fprintf(stderr, "Abseil has no %s\n", name.c_str());
    std::abort();
  }
  return reinterpret_cast<Function*>(function);
}

// While a mutex is handed over, Abseil evaluates other threads' conditions: under the lock, but
// after it is released here.
class IgnoreReads {
 public:
  IgnoreReads() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~IgnoreReads() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

// Gives up what the calling thread did under the mutex, for as long as it lives; takes what others
// did.
class HandOver {
 public:
  explicit HandOver(absl::Mutex* mutex) : mutex_(mutex) { __tsan_release(mutex_); }
  ~HandOver() { __tsan_acquire(mutex_); }

 private:
  absl::Mutex* mutex_;
  IgnoreReads ignore_;
};

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  static auto* const library = Library<void(Mutex*)>("5Mutex4LockEv");
  library(this);
  __tsan_acquire(this);
}

void Mutex::Unlock() {
  static auto* const library = Library<void(Mutex*)>("5Mutex6UnlockEv");
  __tsan_release(this);
  const IgnoreReads ignore;
  library(this);
}

bool Mutex::TryLock() {
  static auto* const library = Library<bool(Mutex*)>("5Mutex7TryLockEv");
  const bool locked = library(this);
  if (locked) __tsan_acquire(this);
  return locked;
}

void Mutex::ReaderLock() {
  static auto* const library = Library<void(Mutex*)>("5Mutex10ReaderLockEv");
  library(this);
  __tsan_acquire(this);
}

void Mutex::ReaderUnlock() {
  static auto* const library = Library<void(Mutex*)>("5Mutex12ReaderUnlockEv");
  __tsan_release(this);
  const IgnoreReads ignore;
  library(this);
}

void Mutex::Await(const Condition& condition) {
  static auto* const library =
      Library<void(Mutex*, const Condition&)>("5Mutex5AwaitERKNS0_9ConditionE");
  const HandOver hand_over(this);
  library(this, condition);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, absl::Duration timeout) {
  static auto* const library = Library<bool(Mutex*, const Condition&, absl::Duration)>(
      "5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  const HandOver hand_over(this);
  return library(this, condition, timeout);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, absl::Time deadline) {
  static auto* const library = Library<bool(Mutex*, const Condition&, absl::Time)>(
      "5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  const HandOver hand_over(this);
  return library(this, condition, deadline);
}

void Mutex::LockWhen(const Condition& condition) {
  static auto* const library =
      Library<void(Mutex*, const Condition&)>("5Mutex8LockWhenERKNS0_9ConditionE");
  const HandOver hand_over(this);
  library(this, condition);
}

bool Mutex::LockWhenWithTimeout(const Condition& condition, absl::Duration timeout) {
  static auto* const library = Library<bool(Mutex*, const Condition&, absl::Duration)>(
      "5Mutex19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  const HandOver hand_over(this);
  return library(this, condition, timeout);
}

void CondVar::Wait(Mutex* mutex) {
  static auto* const library = Library<void(CondVar*, Mutex*)>("7CondVar4WaitEPNS0_5MutexE");
  const HandOver hand_over(mutex);
  library(this, mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, absl::Duration timeout) {
  static auto* const library = Library<bool(CondVar*, Mutex*, absl::Duration)>(
      "7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  const HandOver hand_over(mutex);
  return library(this, mutex, timeout);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, absl::Time deadline) {
  static auto* const library = Library<bool(CondVar*, Mutex*, absl::Time)>(
      "7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  const HandOver hand_over(mutex);
  return library(this, mutex, deadline);
}

ABSL_NAMESPACE_END
}  // namespace absl
