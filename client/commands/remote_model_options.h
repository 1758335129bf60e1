// The options of `assay model add` for a model behind an endpoint.
#ifndef ASSAY_CLIENT_COMMANDS_REMOTE_MODEL_OPTIONS_H_
#define ASSAY_CLIENT_COMMANDS_REMOTE_MODEL_OPTIONS_H_

#include <cstdint>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "assay/v1/types.pb.h"
#include "common/domain/remote_endpoint.h"

namespace assay {

struct RemoteModelOptions {
  std::string url;  // empty: the model is one of files
  std::string api = "chat";
  int64_t context_length = 0;
  double characters_per_token = 4;
  RemoteEndpoint endpoint;
};

// `options` must outlive the command.
void AddRemoteModelOptions(CLI::App* command, RemoteModelOptions* options);

// InvalidArgument says what an option must be.
absl::StatusOr<v1::ModelSpec> ReadRemoteModel(const std::string& name,
                                              const RemoteModelOptions& options);

// "gpt-x at https://host/v1 (chat)".
std::string DescribeRemoteModel(const v1::ModelSpec& model);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_REMOTE_MODEL_OPTIONS_H_
