// Any bytes as an export of ours, in files: refused, or all of it is sent, in messages that the
// coordinator reads or refuses.
#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/exchange/import.h"
#include "common/rpc/convert.h"

namespace {

namespace fs = std::filesystem;

// Goes when the program ends.
class Folder {
 public:
  Folder() {
    std::string pattern = fs::temp_directory_path() / "assay-export-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~Folder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }

  // A line "=== NAME" begins each file.
  void Write(absl::string_view text) const {
    for (const auto& entry : fs::directory_iterator(path_)) fs::remove(entry.path());
    constexpr absl::string_view kMark = "=== ";
    while (!text.empty()) {
      const size_t line_end = std::min(text.find('\n'), text.size());
      absl::string_view name = text.substr(0, line_end);
      text.remove_prefix(std::min(line_end + 1, text.size()));
      size_t next = absl::StartsWith(text, kMark) ? 0 : text.find(absl::StrCat("\n", kMark));
      next = next == absl::string_view::npos ? text.size() : next + (next > 0 ? 1 : 0);
      const bool is_name = absl::StartsWith(name, kMark) && !absl::StrContains(name, '/') &&
                           !absl::StrContains(name, '\0');
      if (is_name && name.size() < 100) {
        std::ofstream(absl::StrCat(path_, "/", name.substr(kMark.size())), std::ios::binary)
            << std::string(text.substr(0, next));
      }
      text.remove_prefix(next);
    }
  }

 private:
  std::string path_;
};

// As the coordinator does before it stores anything.
void Read(const assay::v1::ImportRunsRequest& request) {
  if (request.has_model()) assay::FromProto(request.model()).IgnoreError();
  if (request.has_items()) {
    assay::FromProto(request.items().dataset()).IgnoreError();
    for (const auto& item : request.items().items()) assay::FromProto(item).IgnoreError();
  }
  if (request.has_run()) assay::FromProto(request.run().run()).IgnoreError();
  for (const auto& graded : request.predictions().predictions()) {
    assay::FromProto(graded.prediction()).IgnoreError();
    assay::FromProto(graded.score()).IgnoreError();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Folder folder;
  folder.Write(absl::string_view(reinterpret_cast<const char*>(data), size));
  bool has_header = false;
  const absl::Status status =
      assay::ImportAssay(folder.path(), [&has_header](const assay::v1::ImportRunsRequest& request) {
        if (request.has_header() == has_header) std::abort();
        has_header = true;
        Read(request);
        return absl::OkStatus();
      });
  // Bad input, and nothing else.
  if (!status.ok() && status.code() != absl::StatusCode::kInvalidArgument &&
      status.code() != absl::StatusCode::kNotFound) {
    std::abort();
  }
  return 0;
}
