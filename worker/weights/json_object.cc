#include "worker/weights/json_object.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

using nlohmann::json;

constexpr size_t kMaxDepth = 64;

// Reads over the text without building anything, and keeps the first thing that is wrong with it.
class Check : public nlohmann::json_sax<json> {
 public:
  const std::string& problem() const { return problem_; }
  size_t position() const { return position_; }  // of a syntax error, in bytes; 0 otherwise

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(int64_t) override { return true; }
  bool number_unsigned(uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(json::binary_t&) override { return true; }
  bool start_object(size_t) override { return Enter(); }
  bool start_array(size_t) override { return Enter(); }
  bool end_object() override { return Leave(); }
  bool end_array() override { return Leave(); }
  bool key(std::string& name) override {
    if (keys_.back().insert(name).second) return true;
    problem_ = absl::StrCat("the key \"", name, "\" is there twice");
    return false;
  }
  bool parse_error(size_t position, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    position_ = position;
    problem_ = "not valid JSON";
    return false;
  }

 private:
  bool Enter() {
    keys_.emplace_back();
    if (keys_.size() <= kMaxDepth) return true;
    problem_ = absl::StrCat("nested deeper than ", kMaxDepth);
    return false;
  }
  bool Leave() {
    keys_.pop_back();
    return true;
  }

  std::vector<absl::flat_hash_set<std::string>> keys_;  // of each open object
  std::string problem_;
  size_t position_ = 0;
};

}  // namespace

absl::StatusOr<json> ParseJsonObject(absl::string_view where, absl::string_view text) {
  Check check;
  if (!json::sax_parse(text, &check)) {
    std::string place;
    if (check.position() > 0) {
      const size_t end = std::min(check.position(), text.size());
      place = absl::StrCat(":", 1 + std::count(text.begin(), text.begin() + end, '\n'));
      if (end == text.size()) absl::StrAppend(&place, " (at the end of the text)");
    }
    return absl::InvalidArgumentError(absl::StrCat(where, place, ": ", check.problem()));
  }
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(where, ": not a JSON object ({...})"));
  }
  return value;
}

absl::StatusOr<json> ReadJsonObject(const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(path));
  return ParseJsonObject(path, file.bytes());
}

}  // namespace assay
