#include "client/commands/known_benchmark.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/catalog/built_in.h"
#include "common/declaration/declared_benchmark.h"

namespace assay {

absl::StatusOr<std::shared_ptr<const Benchmark>> FindKnownBenchmark(Service& service,
                                                                    const std::string& name) {
  const absl::StatusOr<const Benchmark*> own = FindBenchmark(name);
  if (own.ok()) return Unowned(*own);
  v1::GetBenchmarkRequest request;
  request.set_name(name);
  ASSAY_ASSIGN_OR_RETURN(const v1::GetBenchmarkResponse response,
                         service.Call(&v1::EvaluationService::Stub::GetBenchmark, request));
  return DeclaredBenchmark::Read(absl::StrCat("benchmark ", name), response.text());
}

}  // namespace assay
