// Whether an output holds one of the texts after which nothing of it counts, so that no more of it
// need be generated.
#ifndef ASSAY_WORKER_SESSION_STOP_TEXT_FINDER_H_
#define ASSAY_WORKER_SESSION_STOP_TEXT_FINDER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "worker/session/served_model.h"

namespace assay {

// A function for Request::is_over.
class StopTextFinder {
 public:
  // `codec` must outlive the finder.
  StopTextFinder(const TextCodec& codec, std::vector<std::string> stop_texts);

  bool operator()(absl::Span<const int32_t> tokens) const;

 private:
  bool Holds(absl::Span<const int32_t> tokens) const;

  const TextCodec* codec_;
  std::vector<std::string> stop_texts_;
  size_t longest_ = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_STOP_TEXT_FINDER_H_
