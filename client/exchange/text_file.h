// Files of text, written and read in pieces.
#ifndef ASSAY_CLIENT_EXCHANGE_TEXT_FILE_H_
#define ASSAY_CLIENT_EXCHANGE_TEXT_FILE_H_

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// Not thread-safe.
class TextFileWriter {
 public:
  // AlreadyExists when there is such a file.
  static absl::StatusOr<std::unique_ptr<TextFileWriter>> Create(const std::string& path);
  absl::Status Write(absl::string_view text);
  // The file is whole only after this.
  absl::Status Finish();
  const std::string& path() const { return path_; }

 private:
  explicit TextFileWriter(std::string path) : path_(std::move(path)) {}
  absl::Status Check();

  const std::string path_;
  std::ofstream stream_;
};

// A longer line or field than this is no data of ours.
inline constexpr size_t kMostLineBytes = size_t{64} << 20;

// Reads byte by byte from a buffer. Not thread-safe.
class TextFileReader {
 public:
  static absl::StatusOr<std::unique_ptr<TextFileReader>> Open(const std::string& path);
  // The next byte, or -1 at the end.
  int Get() {
    return position_ < size_ ? static_cast<unsigned char>(buffer_[position_++]) : More();
  }
  int Peek();
  // The next line without its "\n" or "\r\n"; false at the end. InvalidArgument for a line that is
  // longer than kMostLineBytes, or that is not UTF-8.
  absl::StatusOr<bool> Line(std::string* line);
  // Of the byte that comes next, from 1; after Line, that line's is one less.
  int64_t line() const { return line_; }
  void CountLine() { ++line_; }
  const std::string& path() const { return path_; }
  // Not Ok when the file could not be read to its end.
  absl::Status Check() const;
  // InvalidArgument with file and line.
  absl::Status Error(int64_t line, absl::string_view why) const;

 private:
  explicit TextFileReader(std::string path) : path_(std::move(path)) {}
  int More();

  const std::string path_;
  std::ifstream stream_;
  std::string buffer_;
  size_t position_ = 0, size_ = 0;
  int64_t line_ = 1;
};

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_TEXT_FILE_H_
