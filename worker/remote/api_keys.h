// The keys that a worker has for endpoints. They are in its memory and in the requests alone.
#ifndef ASSAY_WORKER_REMOTE_API_KEYS_H_
#define ASSAY_WORKER_REMOTE_API_KEYS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// Thread-safe.
class ApiKeys {
 public:
  // The value of an environment variable, or null.
  using Environment = std::function<const char*(const char* name)>;

  // Keys of the environment alone.
  explicit ApiKeys(Environment environment) : environment_(std::move(environment)) {}

  // Also those of a file with a key a line, "NAME URL KEY", '#' for remarks. Such a key is sent to
  // that URL and what is below it, and to nowhere else. The file must be its owner's alone. Errors
  // name the line and never quote it.
  static absl::StatusOr<ApiKeys> Read(const std::string& path, Environment environment);

  // The key called `name` for an endpoint (a normalized URL); "" for the empty name. A name that
  // the file has is never looked for in the environment. FailedPrecondition says what to set.
  absl::StatusOr<std::string> Find(const std::string& name, absl::string_view url) const;

 private:
  struct Entry {
    std::string name;
    std::string url;  // normalized
    std::string key;
  };

  Environment environment_;
  std::vector<Entry> entries_;
};

// `text` without the key, wherever it occurs.
std::string Redact(absl::string_view text, absl::string_view key);

}  // namespace assay

#endif  // ASSAY_WORKER_REMOTE_API_KEYS_H_
