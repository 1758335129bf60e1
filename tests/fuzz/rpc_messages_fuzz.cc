// Any bytes as a message of an RPC: what the conversion takes can be said again, and comes back the
// same; all else is bad input.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/rpc/convert.h"
#include "common/rpc/convert_leaderboard.h"
#include "google/protobuf/stubs/logging.h"

namespace {

template <typename Proto>
void Convert(const void* data, size_t size) {
  Proto message;
  if (!message.ParseFromArray(data, static_cast<int>(size))) return;
  const auto value = assay::FromProto(message);
  if (!value.ok()) {
    if (value.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return;
  }
  const auto said = assay::ToProto(*value);
  const auto again = assay::FromProto(said);
  if (!again.ok()) std::abort();
  // Compared as text, in which a NaN equals itself and maps are in order.
  if (assay::ToProto(*again).DebugString() != said.DebugString()) std::abort();
}

using Converter = void (*)(const void*, size_t);
// The order is that of the seeds' first bytes (make_rpc_messages_corpus.py): new ones go to the
// end.
constexpr Converter kConverters[] = {
    Convert<assay::v1::Item>,
    Convert<assay::v1::DatasetInfo>,
    Convert<assay::v1::ModelSpec>,
    Convert<assay::v1::RunSettings>,
    Convert<assay::v1::RunSpec>,
    Convert<assay::v1::RunProgress>,
    Convert<assay::v1::JobProgress>,
    Convert<assay::v1::Prediction>,
    Convert<assay::v1::Score>,
    Convert<assay::v1::Metric>,
    Convert<assay::v1::WorkerInfo>,
    Convert<assay::v1::LeaseKey>,
    Convert<assay::v1::LeaseGrant>,
    Convert<assay::v1::ModelFacts>,
    Convert<assay::v1::Baseline>,
    Convert<assay::v1::GetLeaderboardRequest>,
    Convert<assay::v1::GetLeaderboardResponse>,
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Strings that are not UTF-8 would each be logged.
  static const bool silenced = (google::protobuf::SetLogHandler(nullptr), true);
  static_cast<void>(silenced);
  constexpr size_t kCount = sizeof(kConverters) / sizeof(kConverters[0]);
  if (size == 0 || data[0] >= kCount) return 0;
  kConverters[data[0]](data + 1, size - 1);
  return 0;
}
