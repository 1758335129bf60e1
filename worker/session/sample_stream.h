// The random numbers of a sample.
#ifndef ASSAY_WORKER_SESSION_SAMPLE_STREAM_H_
#define ASSAY_WORKER_SESSION_SAMPLE_STREAM_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/base/philox.h"

namespace assay {

// A function of the arguments alone: no worker, shard or order of work changes a sample. The first
// 16 bytes of the SHA-256 of "assay sample 1", the seed, the item's id and the index, in decimal
// where they are numbers, with a NUL byte between them; as two little-endian integers.
RandomStream SampleStream(int64_t seed, absl::string_view item_id, int sample_index);

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_SAMPLE_STREAM_H_
