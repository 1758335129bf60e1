// What two predictions must have in common for the one to be taken for the other.
#ifndef ASSAY_WORKER_SESSION_REQUEST_DIGEST_H_
#define ASSAY_WORKER_SESSION_REQUEST_DIGEST_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "common/benchmark/benchmark.h"
#include "worker/engine/request.h"

namespace assay {

// 32 hexadecimal digits: the first half of a SHA-256 of all that decides, with the model, its
// precision and the engine, what becomes of an item's requests: the token ids of prompts and
// choices, how many tokens are generated and what ends them, and how each is chosen. A sample's
// random numbers are part of it.
std::string RequestDigest(absl::Span<const Request> requests, const ProtocolSpec& protocol,
                          int64_t context_length);

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_REQUEST_DIGEST_H_
