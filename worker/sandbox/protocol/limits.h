// What a program in the sandbox may use at most.
#ifndef ASSAY_WORKER_SANDBOX_PROTOCOL_LIMITS_H_
#define ASSAY_WORKER_SANDBOX_PROTOCOL_LIMITS_H_

#include <chrono>
#include <cstdint>

namespace assay {

struct Limits {
  // From the start of the program to its end, whatever it waits for.
  std::chrono::milliseconds wall_time{3000};
  // Of each process, in whole seconds. All together cannot use more than wall_time on each core.
  std::chrono::seconds cpu_time{10};
  // Address space of each process: the program itself sees an allocation fail.
  int64_t process_memory_bytes = int64_t{1} << 30;
  // Resident memory of all processes together, its /tmp apart: the whole program is killed.
  int64_t memory_bytes = int64_t{512} << 20;
  // Processes and threads together, the program's first one included.
  int64_t processes = 32;
  int64_t open_files = 64;  // of each process
  int64_t file_bytes = int64_t{16} << 20;
  // Of the private /tmp, which is memory. SandboxMode::kRlimitsOnly does not enforce them.
  int64_t temporary_bytes = int64_t{32} << 20;
  int64_t temporary_files = 1024;
  // Of standard output and standard error each: the whole program is killed.
  int64_t output_bytes = int64_t{16} << 20;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_PROTOCOL_LIMITS_H_
