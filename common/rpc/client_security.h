// How a client or a worker shows who it is, and knows that it speaks to the right coordinator.
//
//   ASSAY_ASSIGN_OR_RETURN(const ClientSecurity security, MakeClientSecurity(options, targets));
//   auto channels = MakeChannels(targets, security);
#ifndef ASSAY_COMMON_RPC_CLIENT_SECURITY_H_
#define ASSAY_COMMON_RPC_CLIENT_SECURITY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/tls.h"

namespace assay {

struct ConnectionOptions {
  TlsFiles tls = {};            // empty: unprotected
  std::string token_file = {};  // empty: the environment's ASSAY_TOKEN, if that is set
  bool insecure = false;        // a token may go over an unprotected line
};

// A token, which may come from a file and change there. Thread-safe.
class TokenSource {
 public:
  static std::shared_ptr<TokenSource> OfText(std::string token);
  // As ReadTokenFile.
  static absl::StatusOr<std::shared_ptr<TokenSource>> OfFile(const std::string& path);

  // The file's token as it is now, or as it was when it could last be read.
  std::string Get();

 private:
  absl::Status Refresh() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::string path_;
  absl::Mutex mutex_;
  std::string token_ ABSL_GUARDED_BY(mutex_);
  int64_t changed_ ABSL_GUARDED_BY(mutex_) = -1;  // of the file, in nanoseconds
};

struct ClientSecurity {
  std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr;  // null: unprotected
  std::shared_ptr<TokenSource> token = nullptr;                     // null: none
};

// Takes ASSAY_TOKEN out of the environment, so that no child of this process has it.
// FailedPrecondition where a token would go unprotected to another machine; and as CheckTlsFiles
// and ReadTokenFile.
absl::StatusOr<ClientSecurity> MakeClientSecurity(const ConnectionOptions& options,
                                                  const std::string& targets);

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_CLIENT_SECURITY_H_
