// A library to be preloaded into a program whose wall clock is to be wrong: ASSAY_CLOCK_SHIFT, in
// seconds, is added to what it reads, and taken from the moments that it waits for. The monotonic
// clock stays right, as it does on a machine whose clock is wrong. (faketime knows nothing of the
// futexes by which Abseil waits.)
#include <dlfcn.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdlib>

namespace {

time_t Shift() {
  static const time_t shift = [] {
    const char* text = getenv("ASSAY_CLOCK_SHIFT");
    return text == nullptr ? 0 : static_cast<time_t>(atoll(text));
  }();
  return shift;
}

template <typename Function>
Function* Next(Function* /*of the same type*/, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

bool IsWall(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

// Of a condition variable nobody tells which clock it was made for. Monotonic times are small.
bool LooksLikeWall(const timespec& moment) { return moment.tv_sec > 1'000'000'000; }

timespec ShiftedBack(const timespec& moment) { return {moment.tv_sec - Shift(), moment.tv_nsec}; }

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static auto* next = Next(&clock_gettime, "clock_gettime");
  const int result = next(clock, now);
  if (result == 0 && IsWall(clock)) now->tv_sec += Shift();
  return result;
}

int gettimeofday(timeval* now, void* zone) noexcept {
  static auto* next = Next(&gettimeofday, "gettimeofday");
  const int result = next(now, zone);
  if (result == 0) now->tv_sec += Shift();
  return result;
}

time_t time(time_t* now) noexcept {
  timespec read = {};
  clock_gettime(CLOCK_REALTIME, &read);
  if (now != nullptr) *now = read.tv_sec;
  return read.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* moment) {
  static auto* next = Next(&pthread_cond_timedwait, "pthread_cond_timedwait");
  const timespec right = LooksLikeWall(*moment) ? ShiftedBack(*moment) : *moment;
  return next(condition, mutex, &right);
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* moment) {
  static auto* next = Next(&pthread_cond_clockwait, "pthread_cond_clockwait");
  const timespec right = IsWall(clock) ? ShiftedBack(*moment) : *moment;
  return next(condition, mutex, clock, &right);
}

long syscall(long number, ...) noexcept {
  static auto* next = Next(&syscall, "syscall");
  va_list list;
  va_start(list, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  timespec right;
  const auto* moment = reinterpret_cast<const timespec*>(arguments[3]);
  const long operation = arguments[1];
  if (number == SYS_futex && (operation & FUTEX_CLOCK_REALTIME) != 0 && moment != nullptr &&
      (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET) {
    right = ShiftedBack(*moment);
    arguments[3] = reinterpret_cast<long>(&right);
  }
  return next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
              arguments[5]);
}

}  // extern "C"
