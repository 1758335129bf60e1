#include "client/exchange/text_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

constexpr size_t kBufferBytes = 1 << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<TextFileWriter>> TextFileWriter::Create(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return absl::AlreadyExistsError(absl::StrCat(path, ": is there already"));
  }
  std::unique_ptr<TextFileWriter> writer(new TextFileWriter(path));
  writer->stream_.open(path, std::ios::binary);
  ASSAY_RETURN_IF_ERROR(writer->Check());
  return writer;
}

absl::Status TextFileWriter::Check() {
  if (stream_) return absl::OkStatus();
  return absl::UnknownError(absl::StrCat(path_, ": cannot be written: ", std::strerror(errno)));
}

absl::Status TextFileWriter::Write(absl::string_view text) {
  stream_.write(text.data(), static_cast<std::streamsize>(text.size()));
  return Check();
}

absl::Status TextFileWriter::Finish() {
  stream_.close();
  return Check();
}

absl::StatusOr<std::unique_ptr<TextFileReader>> TextFileReader::Open(const std::string& path) {
  std::unique_ptr<TextFileReader> reader(new TextFileReader(path));
  reader->stream_.open(path, std::ios::binary);
  std::error_code error;
  if (!reader->stream_ || std::filesystem::is_directory(path, error)) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  reader->buffer_.resize(kBufferBytes);
  return reader;
}

int TextFileReader::More() {
  stream_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  size_ = static_cast<size_t>(stream_.gcount());
  position_ = 0;
  return size_ == 0 ? -1 : static_cast<unsigned char>(buffer_[position_++]);
}

int TextFileReader::Peek() {
  const int next = Get();
  if (next >= 0) --position_;
  return next;
}

absl::StatusOr<bool> TextFileReader::Line(std::string* line) {
  line->clear();
  int c = Get();
  if (c < 0) {
    ASSAY_RETURN_IF_ERROR(Check());
    return false;
  }
  for (; c >= 0 && c != '\n'; c = Get()) {
    if (line->size() >= kMostLineBytes) {
      return Error(line_, absl::StrCat("has more than ", kMostLineBytes, " bytes"));
    }
    line->push_back(static_cast<char>(c));
  }
  ASSAY_RETURN_IF_ERROR(Check());
  if (!line->empty() && line->back() == '\r') line->pop_back();
  if (FindInvalidUtf8(*line) != absl::string_view::npos) return Error(line_, "is not UTF-8");
  ++line_;
  return true;
}

absl::Status TextFileReader::Check() const {
  if (!stream_.bad()) return absl::OkStatus();
  return absl::UnknownError(absl::StrCat(path_, ": cannot be read to its end"));
}

absl::Status TextFileReader::Error(int64_t line, absl::string_view why) const {
  return absl::InvalidArgumentError(absl::StrCat(path_, ":", line, ": ", why));
}

}  // namespace assay
