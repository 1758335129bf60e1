// Protocols of other programs, by which imported runs were made:
// "lm-eval/bbh_cot_fewshot_navigate".
#ifndef ASSAY_COMMON_BENCHMARK_FOREIGN_PROTOCOL_H_
#define ASSAY_COMMON_BENCHMARK_FOREIGN_PROTOCOL_H_

#include "absl/strings/string_view.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/run_settings.h"

namespace assay {

// No protocol of ours has a slash in its name.
inline bool IsForeignProtocol(absl::string_view name) {
  return name.find('/') != absl::string_view::npos;
}

// How such a run's scores are averaged and, when it is graded again, by which grader: as by the
// benchmark's first protocol. Nothing can be asked by it.
inline ProtocolSpec ForeignProtocol(const Benchmark& benchmark, const RunSettings& settings) {
  ProtocolSpec protocol = benchmark.protocols().front();
  protocol.name = settings.protocol;
  protocol.version = settings.protocol_version;
  protocol.shots = settings.shots;
  return protocol;
}

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_FOREIGN_PROTOCOL_H_
