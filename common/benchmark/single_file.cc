#include "common/benchmark/single_file.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace assay {

absl::StatusOr<const SourceFile*> SingleFile(const Benchmark& benchmark,
                                             absl::Span<const SourceFile> files) {
  const SourceFile* single = nullptr;
  for (const SourceFile& file : files) {
    if (!benchmark.IsDataFile(file.path)) continue;
    if (single != nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(file.path, ": benchmark ", benchmark.name(), " takes one file, and ",
                       single->path, " is one as well; import a single file by its own path"));
    }
    single = &file;
  }
  if (single != nullptr) return single;
  return absl::InvalidArgumentError(absl::StrCat("no file of benchmark ", benchmark.name(),
                                                 "; expected ", benchmark.description()));
}

}  // namespace assay
