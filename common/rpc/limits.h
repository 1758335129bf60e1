// Limits that both ends of a connection have to agree on.
#ifndef ASSAY_COMMON_RPC_LIMITS_H_
#define ASSAY_COMMON_RPC_LIMITS_H_

namespace assay {

// The largest message that is sent or taken, in bytes; for grpc::ServerBuilder and
// grpc::ChannelArguments. gRPC's own default, 4 MiB, is too small for a shard with its few-shot
// examples.
inline constexpr int kMaxMessageBytes = 64 << 20;

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_LIMITS_H_
