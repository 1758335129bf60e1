#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"

namespace assay {

absl::StatusOr<std::vector<SourceFile>> CollectFiles(const Benchmark& benchmark,
                                                     const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_regular_file(directory, error)) {
    std::string name = fs::path(directory).filename().string();
    if (!benchmark.IsDataFile(name)) {
      return absl::InvalidArgumentError(absl::StrCat(directory, ": not a file of benchmark ",
                                                     benchmark.name(), "; expected ",
                                                     benchmark.description()));
    }
    ASSAY_ASSIGN_OR_RETURN(std::string content, ReadFile(directory));
    std::vector<SourceFile> files;
    files.push_back({std::move(name), std::move(content)});
    return files;
  }
  if (!fs::is_directory(directory, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(directory, ": ", error ? error.message() : "not a folder"));
  }
  std::vector<std::string> paths;
  fs::recursive_directory_iterator entry(directory, error);
  while (!error && entry != fs::recursive_directory_iterator()) {
    std::error_code ignored;  // an entry that vanishes or a link to nowhere is not a file
    const std::string path = entry->path().lexically_relative(directory).generic_string();
    if (entry->is_regular_file(ignored) && benchmark.IsDataFile(path)) paths.push_back(path);
    entry.increment(error);
  }
  if (error) return absl::UnavailableError(absl::StrCat(directory, ": ", error.message()));
  if (paths.empty()) {
    return absl::NotFoundError(absl::StrCat(directory, ": no file of benchmark ", benchmark.name(),
                                            "; expected ", benchmark.description()));
  }
  std::sort(paths.begin(), paths.end());

  std::vector<SourceFile> files;
  for (std::string& path : paths) {
    ASSAY_ASSIGN_OR_RETURN(std::string content, ReadFile((fs::path(directory) / path).string()));
    files.push_back({std::move(path), std::move(content)});
  }
  return files;
}

}  // namespace assay
