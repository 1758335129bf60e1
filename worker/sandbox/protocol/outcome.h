// How a program in the sandbox ended.
#ifndef ASSAY_WORKER_SANDBOX_PROTOCOL_OUTCOME_H_
#define ASSAY_WORKER_SANDBOX_PROTOCOL_OUTCOME_H_

#include <chrono>
#include <cstdint>
#include <string>

namespace assay {

struct Outcome {
  enum class Kind {
    kExited,    // by itself, with `exit_code`
    kSignaled,  // by `signal`, which no limit explains
    kWallTime,  // the others: killed, for it passed this limit
    kCpuTime,
    kMemory,
    kOutput,
  };

  Kind kind = Kind::kExited;
  int exit_code = 0;
  // In a namespace a signal shows as the exit code 128 + signal, as in a shell, so a program can
  // feign one.
  int signal = 0;
  // The program sent the proof that its last statement was reached (Program::prove_completion). An
  // exit code is no such proof: whatever runs inside the program can choose it.
  bool completed = false;
  std::chrono::microseconds wall_time{0};
  std::chrono::microseconds cpu_time{0};  // of all processes
  int64_t peak_memory_bytes = 0;          // resident, as sampled every few milliseconds
  // The first kOutputHeadBytes of each stream. Any bytes, not only UTF-8.
  std::string standard_output;
  std::string standard_error;
};

inline constexpr int64_t kOutputHeadBytes = 16 << 10;

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_PROTOCOL_OUTCOME_H_
