// Connections between the programs, set up alike at both ends.
#ifndef ASSAY_COMMON_RPC_CHANNEL_H_
#define ASSAY_COMMON_RPC_CHANNEL_H_

#include <memory>
#include <string>
#include <vector>

namespace grpc {
class Channel;
class ServerBuilder;
}  // namespace grpc

namespace assay {

struct ClientSecurity;

// What protects the channels that this process makes from now on, for whoever is not given another.
// Until then: nothing. A program says it once, at its start.
void UseSecurity(const ClientSecurity& security);

// A channel to `target` ("host:port"). Connects when it is first used, and again by
// itself when it broke: after 0.2 s, then seldomer, up to every 5 s. A peer that has gone without a
// word is noticed within half a minute.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target);
// The same, protected in this way.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target,
                                           const ClientSecurity& security);

// A channel to each of `targets`, "host:port" with commas between them: coordinators of one
// service.
std::vector<std::shared_ptr<grpc::Channel>> MakeChannels(const std::string& targets);
std::vector<std::shared_ptr<grpc::Channel>> MakeChannels(const std::string& targets,
                                                         const ClientSecurity& security);

// The server's side of the same agreement: the largest message, and how often a client may ask
// whether it is there.
void ConfigureServer(grpc::ServerBuilder* builder);

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_CHANNEL_H_
