// The files that the benchmark's driver and every measured engine exchange: requests as lines of
// JSON, and one JSON object of what an engine made of them.
#ifndef ASSAY_TESTS_BENCH_REQUEST_FILE_H_
#define ASSAY_TESTS_BENCH_REQUEST_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/engine/request.h"

namespace assay {

struct EngineStatistics;
struct LoadedModel;

// Seconds on the monotonic clock.
struct BenchTimes {
  double load = 0;              // of the model
  double prepare = 0;           // from text to token ids
  double run = 0;               // of all requests, from token ids
  double first_prediction = 0;  // from the start of the process to the end of the first request
};

// Reads {id, prompt, prompt_ids, choices, choice_ids, max_new_tokens} a line. Texts are tokenized
// by the model's tokenizer; InvalidArgument names the line where the ids that the file gives are
// others. A line with choices becomes a request to score them.
absl::StatusOr<std::vector<Request>> ReadRequests(const std::string& path,
                                                  const LoadedModel& model);

// Writes {load_seconds, ..., statistics, predictions: [{id, token_ids, text, finish, scores,
// choice}]}, predictions in the order of `completions`.
absl::Status WriteResults(const std::string& path, const LoadedModel& model,
                          const std::vector<Completion>& completions, const BenchTimes& times,
                          const EngineStatistics& statistics);

}  // namespace assay

#endif  // ASSAY_TESTS_BENCH_REQUEST_FILE_H_
