// The files that lm-eval leaves behind: results, and the samples beside them.
#ifndef ASSAY_CLIENT_EXCHANGE_LM_EVAL_RESULTS_H_
#define ASSAY_CLIENT_EXCHANGE_LM_EVAL_RESULTS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "assay/v1/types.pb.h"
#include "client/exchange/columns.h"

namespace assay {

// What results tell of a run, as far as it is used.
struct LmEvalRun {
  ExchangeJson json;
  std::string version;                     // of lm-eval; "of unknown version"
  std::optional<v1::Precision> precision;  // absent: not told
  std::string system_prompt;
  bool has_chat_template = false;
  int64_t parameters = 0;  // 0: not told
  absl::Time started = absl::InfinitePast();
  absl::Time finished = absl::InfinitePast();
  std::map<std::string, int> shots;  // by task
};

// InvalidArgument for what is no results of lm-eval, or cut short.
absl::StatusOr<LmEvalRun> ReadLmEvalRun(absl::string_view text);

// A task's file of samples.
struct LmEvalTask {
  std::string task;
  std::string path;
};

struct LmEvalResults {
  std::string path;
  LmEvalRun run;
  std::map<std::string, std::vector<LmEvalTask>> by_benchmark;
};

// The results in the folder `path` and the folders in it, in order of name; or in the file `path`.
// `benchmarks` are those of which data are here. Errors name the file.
absl::StatusOr<std::vector<LmEvalResults>> FindLmEvalResults(
    const std::string& path, absl::Span<const std::string> benchmarks);

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_LM_EVAL_RESULTS_H_
