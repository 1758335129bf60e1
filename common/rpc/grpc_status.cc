#include <grpcpp/support/status.h>

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/rpc/convert.h"

namespace assay {

namespace {

// A message travels in a header, of which gRPC takes 8 KiB; a larger one would arrive as another
// error altogether. What is not ASCII takes three bytes there.
constexpr size_t kMostHeaderBytes = 6000;

std::string FitHeader(absl::string_view message) {
  size_t bytes = 0;
  for (size_t i = 0; i < message.size(); ++i) {
    bytes += message[i] >= ' ' && message[i] <= '~' && message[i] != '%' ? 1 : 3;
    if (bytes <= kMostHeaderBytes) continue;
    // Not within a character.
    while (i > 0 && (static_cast<unsigned char>(message[i]) & 0xC0) == 0x80) --i;
    return absl::StrCat(message.substr(0, i), " ...");
  }
  return std::string(message);
}

}  // namespace

// Both number the canonical codes alike.
grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), FitHeader(status.message()));
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace assay
