// Limits that both ends of a connection have to agree on.
#ifndef ASSAY_COMMON_RPC_LIMITS_H_
#define ASSAY_COMMON_RPC_LIMITS_H_

namespace assay {

// The largest message that is sent or taken, in bytes; for grpc::ServerBuilder and
// grpc::ChannelArguments. gRPC's own default, 4 MiB, is too small for a shard with its few-shot
// examples.
inline constexpr int kMaxMessageBytes = 64 << 20;

// All metadata of a call together, in bytes.
inline constexpr int kMaxMetadataBytes = 16 << 10;

// Calls at once: on one connection, of one user (a watch is a call), and streams of workers that
// share a user.
inline constexpr int kMostStreams = 1024;
inline constexpr int kMostCalls = 256;
inline constexpr int kMostWorkerStreams = 20'000;

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_LIMITS_H_
