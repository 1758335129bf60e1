// Typed access to a config.json, whose content is untrusted. Errors name the checkpoint and the
// field.
#ifndef ASSAY_WORKER_MODEL_CONFIG_READER_H_
#define ASSAY_WORKER_MODEL_CONFIG_READER_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

class ConfigReader {
 public:
  // `object` is a JSON object that outlives the reader; `where` is what errors call it:
  // "/models/x/config.json".
  ConfigReader(const nlohmann::json& object, std::string where)
      : object_(object), where_(std::move(where)) {}

  // Whether the field is there and not null.
  bool Has(absl::string_view key) const;
  // A field that is needed: within [least, most].
  absl::StatusOr<int64_t> Integer(absl::string_view key, int64_t least, int64_t most) const;
  absl::StatusOr<int64_t> IntegerOr(absl::string_view key, int64_t least, int64_t most,
                                    int64_t otherwise) const;
  // Positive, and a normal number in float32 too.
  absl::StatusOr<double> Positive(absl::string_view key) const;
  absl::StatusOr<double> PositiveOr(absl::string_view key, double otherwise) const;
  absl::StatusOr<bool> BoolOr(absl::string_view key, bool otherwise) const;
  absl::StatusOr<std::string> Text(absl::string_view key) const;
  absl::StatusOr<std::string> TextOr(absl::string_view key, std::string otherwise) const;
  // A number or a list of numbers; empty when absent.
  absl::StatusOr<std::vector<int32_t>> Integers(absl::string_view key) const;
  // A list of texts; empty when absent.
  absl::StatusOr<std::vector<std::string>> Texts(absl::string_view key) const;
  // An object within; the field must be there.
  absl::StatusOr<ConfigReader> Object(absl::string_view key) const;

  absl::Status Error(absl::string_view key, absl::string_view what) const;

 private:
  const nlohmann::json* Find(absl::string_view key) const;
  absl::StatusOr<const nlohmann::json*> Need(absl::string_view key) const;

  const nlohmann::json& object_;
  std::string where_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_CONFIG_READER_H_
