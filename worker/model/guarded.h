// Where libtorch is called, its exceptions become a status.
#ifndef ASSAY_WORKER_MODEL_GUARDED_H_
#define ASSAY_WORKER_MODEL_GUARDED_H_

#include <c10/core/InferenceMode.h>

#include <exception>
#include <new>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace assay {

// What `body` returns, a Status or a StatusOr; it computes without gradients. ResourceExhausted
// when it throws for want of memory, the device's too; Internal for whatever else it throws.
template <typename Body>
std::invoke_result_t<Body> Guarded(absl::string_view what, Body body) {
  try {
    const c10::InferenceMode inference;
    return body();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat("no memory for ", what));
  } catch (const std::exception& error) {
    // What libtorch throws when a device's memory ends has no type of its own on every path.
    const absl::string_view text = error.what();
    if (absl::StrContains(text, "out of memory")) {
      return absl::ResourceExhaustedError(absl::StrCat("no memory on the device for ", what));
    }
    return absl::InternalError(absl::StrCat(what, ": ", text));
  }
}

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_GUARDED_H_
