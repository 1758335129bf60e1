// What a line of the log is about: ids that are the same in both programs' logs, in RPCs and in the
// database.
//
//   const LogContext context({.run_id = run.run_id, .shard_id = key.shard_id});
//   SPDLOG_INFO("the lease is over");    // told with both ids
#ifndef ASSAY_COMMON_LOGGING_LOG_CONTEXT_H_
#define ASSAY_COMMON_LOGGING_LOG_CONTEXT_H_

#include <cstdint>
#include <string>

namespace assay {

// 0 and empty: not known.
struct LogFields {
  int64_t job_id = 0;
  int64_t run_id = 0;
  int64_t shard_id = 0;
  std::string worker_id = {};
  std::string model = {};
  std::string trace_id = {};  // as W3C's Trace Context writes them, in hexadecimal digits
  std::string span_id = {};
};

// While it lives, every line that its thread logs has these fields, beside those of the contexts
// around it, which it hides where both know one. Ends in the reverse order of its begin.
class LogContext {
 public:
  explicit LogContext(const LogFields& fields);
  ~LogContext();
  LogContext(const LogContext&) = delete;
  LogContext& operator=(const LogContext&) = delete;

  // Of the calling thread, the process's own included.
  static LogFields Current();
  // Of all lines of this process, where no context knows better. Thread-safe.
  static void SetProcess(const LogFields& fields);

 private:
  LogFields before_;
};

}  // namespace assay

#endif  // ASSAY_COMMON_LOGGING_LOG_CONTEXT_H_
