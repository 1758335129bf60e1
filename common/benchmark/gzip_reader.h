// Inflates gzip data piece by piece.
#ifndef ASSAY_COMMON_BENCHMARK_GZIP_READER_H_
#define ASSAY_COMMON_BENCHMARK_GZIP_READER_H_

#include <zlib.h>

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// One or several gzip members, one behind the other. Not thread-safe.
class GzipReader {
 public:
  // `data` must outlive the reader.
  explicit GzipReader(absl::string_view data);
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  // Fills `buffer`, of `size` bytes, as far as there is data; 0 at the end. InvalidArgument for
  // data that is not gzip, is damaged, or is cut short.
  absl::StatusOr<size_t> Read(char* buffer, size_t size);

 private:
  void FeedInput();
  // Whether there is nothing behind the member that has ended; starts the next one if there is.
  bool AtEnd();

  absl::string_view rest_;  // not handed to zlib yet
  z_stream stream_ = {};
  int state_;  // zlib's latest answer
};

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_GZIP_READER_H_
