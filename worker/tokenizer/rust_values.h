// Owners of what the Rust library allocates.
#ifndef ASSAY_WORKER_TOKENIZER_RUST_VALUES_H_
#define ASSAY_WORKER_TOKENIZER_RUST_VALUES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "worker/tokenizer/rust/include/assay_tokenizer.h"

namespace assay {

class RustText {
 public:
  RustText() = default;
  RustText(const RustText&) = delete;
  RustText& operator=(const RustText&) = delete;
  ~RustText() { assay_text_free(text_); }

  AssayText* out() { return &text_; }
  absl::string_view view() const { return {text_.data, text_.size}; }

 private:
  AssayText text_{nullptr, 0};
};

class RustTokenIds {
 public:
  RustTokenIds() = default;
  RustTokenIds(const RustTokenIds&) = delete;
  RustTokenIds& operator=(const RustTokenIds&) = delete;
  ~RustTokenIds() { assay_token_ids_free(ids_); }

  AssayTokenIds* out() { return &ids_; }
  std::vector<int32_t> ToVector() const { return {ids_.data, ids_.data + ids_.size}; }

 private:
  AssayTokenIds ids_{nullptr, 0};
};

inline absl::Status RustError(absl::string_view what, const RustText& error) {
  return absl::InvalidArgumentError(absl::StrCat(what, ": ", error.view()));
}

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_RUST_VALUES_H_
