#include "common/benchmark/data_text.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/benchmark/gzip_reader.h"
#include "common/benchmark/python_text.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

constexpr size_t kPieceBytes = size_t{64} << 10;

// Calls `take` with one piece of the text after another.
absl::Status ForEachPiece(const SourceFile& file, const TextLimits& limits,
                          absl::FunctionRef<absl::Status(absl::string_view piece)> take) {
  const auto too_long = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat(file.path, ": the text has more than ", limits.bytes, " bytes"));
  };
  if (!absl::EndsWith(file.path, ".gz")) {
    if (file.content.size() > limits.bytes) return too_long();
    return take(file.content);
  }
  GzipReader reader(file.content);
  std::vector<char> piece(kPieceBytes);
  size_t total = 0;
  while (true) {
    const absl::StatusOr<size_t> size = reader.Read(piece.data(), piece.size());
    if (!size.ok()) {
      return absl::Status(size.status().code(),
                          absl::StrCat(file.path, ": ", size.status().message()));
    }
    if (*size == 0) return absl::OkStatus();
    total += *size;
    if (total > limits.bytes) return too_long();
    ASSAY_RETURN_IF_ERROR(take(absl::string_view(piece.data(), *size)));
  }
}

// Puts lines together from pieces.
class LineSplitter {
 public:
  using Take = absl::FunctionRef<absl::Status(int64_t line, absl::string_view text)>;

  LineSplitter(absl::string_view path, size_t line_bytes, Take take)
      : path_(path), line_bytes_(line_bytes), take_(take) {}

  absl::Status Add(absl::string_view piece) {
    while (true) {
      const size_t end = piece.find('\n');
      const absl::string_view part = piece.substr(0, end);
      if (pending_.size() + part.size() > line_bytes_) {
        return absl::InvalidArgumentError(
            absl::StrCat(path_, ":", line_, ": the line has more than ", line_bytes_, " bytes"));
      }
      if (end == absl::string_view::npos) {
        absl::StrAppend(&pending_, part);
        return absl::OkStatus();
      }
      if (pending_.empty()) {
        ASSAY_RETURN_IF_ERROR(TakeLine(part));
      } else {
        absl::StrAppend(&pending_, part);
        ASSAY_RETURN_IF_ERROR(TakeLine(pending_));
        pending_.clear();
      }
      piece.remove_prefix(end + 1);
    }
  }

  // The last line, which may have no line end.
  absl::Status Finish() { return pending_.empty() ? absl::OkStatus() : TakeLine(pending_); }

 private:
  absl::Status TakeLine(absl::string_view text) {
    const int64_t line = line_++;
    if (line == 1) absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
    absl::ConsumeSuffix(&text, "\r");
    ASSAY_RETURN_IF_ERROR(CheckText(path_, text, line));
    return PythonStrip(text).empty() ? absl::OkStatus() : take_(line, text);
  }

  const absl::string_view path_;
  const size_t line_bytes_;
  const Take take_;
  int64_t line_ = 1;
  std::string pending_;
};

}  // namespace

absl::string_view WithoutGzipSuffix(absl::string_view path) {
  absl::ConsumeSuffix(&path, ".gz");
  return path;
}

absl::StatusOr<std::string> ReadDataText(const SourceFile& file, const TextLimits& limits) {
  std::string text;
  ASSAY_RETURN_IF_ERROR(ForEachPiece(file, limits, [&text](absl::string_view piece) {
    text.append(piece.data(), piece.size());
    return absl::OkStatus();
  }));
  return text;
}

absl::Status ForEachLine(
    const SourceFile& file, const TextLimits& limits,
    absl::FunctionRef<absl::Status(int64_t line, absl::string_view text)> take) {
  LineSplitter splitter(file.path, limits.line_bytes, take);
  ASSAY_RETURN_IF_ERROR(ForEachPiece(
      file, limits, [&splitter](absl::string_view piece) { return splitter.Add(piece); }));
  return splitter.Finish();
}

}  // namespace assay
