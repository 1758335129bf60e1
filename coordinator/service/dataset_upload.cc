#include "coordinator/service/dataset_upload.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

constexpr size_t kMaxNameLength = 100;
constexpr size_t kMaxPathLength = 1000;

// Nothing is ever written to such a path, but it is shown in messages and makes part of item names.
absl::Status CheckPath(absl::string_view path) {
  const auto invalid = [path](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("file path \"", absl::CEscape(path.substr(0, 200)), "\": ", why));
  };
  if (path.empty() || path.size() > kMaxPathLength) {
    return invalid(absl::StrCat("must have 1 to ", kMaxPathLength, " characters"));
  }
  for (const char c : path) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c)) || c == '\\') {
      return invalid("holds a control character or a backslash");
    }
  }
  for (absl::string_view part : absl::StrSplit(path, '/')) {
    if (part.empty() || part == "." || part == "..") {
      return invalid("must be relative to the imported folder, without . and ..");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckUserName(absl::string_view what, absl::string_view name) {
  bool valid = !name.empty() && name.size() <= kMaxNameLength && name[0] != '-';
  for (const char c : name) {
    valid = valid && (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' ||
                      c == '-');
  }
  if (valid) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " \"", absl::CEscape(name.substr(0, 200)), "\": must be 1 to ",
                   kMaxNameLength, " letters, digits, '.', '_' or '-', and not start with '-'"));
}

absl::StatusOr<DatasetUpload> DatasetUpload::Start(BenchmarkCatalog& catalog,
                                                   const std::string& benchmark_name,
                                                   const std::string& dataset_name,
                                                   const UploadLimits& limits) {
  ASSAY_ASSIGN_OR_RETURN(std::shared_ptr<const Benchmark> benchmark,
                         catalog.Latest(benchmark_name));
  const std::string name = dataset_name.empty() ? std::string(benchmark->name()) : dataset_name;
  ASSAY_RETURN_IF_ERROR(CheckUserName("data set name", name));
  const absl::Status other =
      name == benchmark->name() ? absl::NotFoundError("") : catalog.Latest(name).status();
  if (!other.ok() && !absl::IsNotFound(other)) return other;
  if (other.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("data set name \"", name,
                                                   "\" is that of another benchmark than ",
                                                   benchmark->name(), "; choose another"));
  }
  return DatasetUpload(std::move(benchmark), name, limits);
}

absl::Status DatasetUpload::Add(absl::string_view path, absl::string_view content) {
  if (path.empty() || path != current_) {
    ASSAY_RETURN_IF_ERROR(CheckPath(path));
    if (!paths_.emplace(path).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("file ", path, ": its pieces do not follow one another"));
    }
    if (static_cast<int64_t>(paths_.size()) > limits_.files) {
      return absl::ResourceExhaustedError(
          absl::StrCat("more than ", limits_.files, " files; is it the right folder?"));
    }
    current_ = std::string(path);
    if (benchmark_->IsDataFile(path)) files_.push_back({current_, ""});
  }
  if (files_.empty() || files_.back().path != path) return absl::OkStatus();
  bytes_ += static_cast<int64_t>(content.size());
  if (bytes_ > limits_.bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the files have more than ", limits_.bytes, " bytes"));
  }
  files_.back().content.append(content.data(), content.size());
  return absl::OkStatus();
}

absl::StatusOr<ParsedDataset> DatasetUpload::Finish() {
  if (files_.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("none of the ", paths_.size(), " files is one of benchmark ",
                     benchmark_->name(), "; is it the right folder?"));
  }
  ParsedDataset parsed;
  ASSAY_ASSIGN_OR_RETURN(parsed.items, benchmark_->Parse(files_));
  parsed.info.benchmark = std::string(benchmark_->name());
  parsed.info.name = name_;
  parsed.info.reading_sha256 = std::string(benchmark_->reading_sha256());
  // The same files, read by other rules, are other items.
  if (!parsed.info.reading_sha256.empty()) files_.push_back({"", parsed.info.reading_sha256});
  parsed.info.sha256 = DatasetDigest(files_);
  std::set<absl::string_view> groups;
  for (const Item& item : parsed.items) {
    ++(item.split == "test" ? parsed.info.items : parsed.info.examples);
    groups.insert(item.group);
  }
  parsed.info.groups = static_cast<int64_t>(groups.size());
  return parsed;
}

}  // namespace assay
