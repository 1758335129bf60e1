// The folder in which Hugging Face's own libraries keep what they downloaded, read as they lay it
// out: models--ORG--NAME/ holds refs/REVISION, the name of a commit, and snapshots/COMMIT/, the
// files (mostly links into blobs/).
#ifndef ASSAY_COMMON_HUGGINGFACE_HUB_CACHE_H_
#define ASSAY_COMMON_HUGGINGFACE_HUB_CACHE_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// A variable's value, or a null pointer: std::getenv.
using HubEnvironment = std::function<const char*(const char*)>;
HubEnvironment ProcessEnvironment();

// "google/flan-t5-xl", or "gpt2" from the time before there were organizations.
bool IsHubId(absl::string_view text);

// HF_HUB_CACHE, or else HUGGINGFACE_HUB_CACHE, HF_HOME/hub, XDG_CACHE_HOME/huggingface/hub or
// ~/.cache/huggingface/hub; empty where not even HOME is set. It need not be there.
std::string HubCacheFolder(const HubEnvironment& environment);

// The folder of a model's files. `revision` is a branch, a tag or a commit; for "main", the only
// snapshot there is does as well. NotFound says what was looked for, and where; InvalidArgument is
// for an id or a revision that cannot be one.
absl::StatusOr<std::string> FindHubSnapshot(const std::string& cache, absl::string_view id,
                                            absl::string_view revision = "main");

// The id of the model whose snapshot `folder` is, in any cache; empty if it is none.
std::string HubIdOfSnapshot(absl::string_view folder);

// `path` where it is there. Else, if it is a snapshot in another machine's cache, the same commit
// in this machine's. Else `path`.
std::string LocateModelPath(const std::string& path, const HubEnvironment& environment);

}  // namespace assay

#endif  // ASSAY_COMMON_HUGGINGFACE_HUB_CACHE_H_
