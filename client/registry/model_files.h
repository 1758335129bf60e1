// Which of a model's files are on this machine, and which are missing.
#ifndef ASSAY_CLIENT_REGISTRY_MODEL_FILES_H_
#define ASSAY_CLIENT_REGISTRY_MODEL_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace assay {

struct ModelFile {
  std::string name;
  int64_t bytes = 0;
};
struct MissingFile {
  std::string name;  // or a pattern, where any of several files will do
  std::string why;
};
struct ModelFiles {
  std::vector<ModelFile> there;  // in order of name
  std::vector<MissingFile> missing;
};

// Of a Hugging Face folder: config.json, the weights (each file that an index names) and some form
// of tokenizer. Of an adapter's folder: its weights. A link that leads nowhere and a Git LFS
// pointer count as missing. A single file stands for itself. Nothing is read but indices; whether
// what is there is right, `assay-worker inspect` finds out.
ModelFiles CheckModelFiles(const std::string& path);

// What a whole model consists of, for one of which nothing is on disk.
std::vector<MissingFile> WholeModel();

// How to get what is missing: commands of Hugging Face's client, in lines. `id` is empty where it
// is not known. `folder` is where the files belong; empty: the hub's own cache.
std::string DownloadAdvice(absl::string_view id, const std::string& folder,
                           const std::vector<MissingFile>& missing);

}  // namespace assay

#endif  // ASSAY_CLIENT_REGISTRY_MODEL_FILES_H_
