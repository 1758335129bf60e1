#include "common/rpc/channel.h"

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/client_interceptor.h>

#include <cstdlib>
#include <map>
#include <string>
#include <utility>

#include "absl/base/attributes.h"
#include "absl/base/const_init.h"
#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/client_security.h"
#include "common/rpc/limits.h"
#include "common/tracing/trace_context.h"

namespace assay {
namespace {

constexpr int kPingEveryMs = 20'000;
constexpr int kPingTimeoutMs = 10'000;
constexpr int kFirstReconnectMs = 200;
constexpr int kSlowestReconnectMs = 5'000;

ABSL_CONST_INIT absl::Mutex default_mutex(absl::kConstInit);

ClientSecurity& DefaultSecurity() ABSL_EXCLUSIVE_LOCKS_REQUIRED(default_mutex) {
  static auto* const security = new ClientSecurity();
  return *security;
}

ClientSecurity GetDefaultSecurity() {
  absl::MutexLock lock(&default_mutex);
  return DefaultSecurity();
}

// Shows the token with every call.
class TokenInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit TokenInterceptor(TokenSource* token) : token_(token) {}
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            grpc::experimental::InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace("authorization",
                                                 absl::StrCat("Bearer ", token_->Get()));
    }
    methods->Proceed();
  }

 private:
  TokenSource* const token_;
};

class TokenInterceptorFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit TokenInterceptorFactory(std::shared_ptr<TokenSource> token) : token_(std::move(token)) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new TokenInterceptor(token_.get());
  }

 private:
  const std::shared_ptr<TokenSource> token_;
};

// Says with every call where in a trace it is: a part of the one that the environment's TRACEPARENT
// tells of, or else of one for all calls of this process.
class TraceInterceptor final : public grpc::experimental::Interceptor {
 public:
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            grpc::experimental::InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      std::multimap<std::string, std::string>& metadata = *methods->GetSendInitialMetadata();
      if (metadata.count(kTraceparent) == 0) {
        metadata.emplace(kTraceparent, FormatTraceparent(OfProcess()));
      }
    }
    methods->Proceed();
  }

 private:
  static const TraceContext& OfProcess() {
    static const auto* const context = [] {
      const char* text = std::getenv("TRACEPARENT");
      return new TraceContext(ParseTraceparent(text == nullptr ? "" : text).value_or(NewTrace()));
    }();
    return *context;
  }
};

class TraceInterceptorFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new TraceInterceptor();
  }
};

}  // namespace

void UseSecurity(const ClientSecurity& security) {
  absl::MutexLock lock(&default_mutex);
  DefaultSecurity() = security;
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target) {
  return MakeChannel(target, GetDefaultSecurity());
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target,
                                           const ClientSecurity& security) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kSlowestReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kSlowestReconnectMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingEveryMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
  // Coordinators are reached directly, whatever http_proxy says of the web.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Otherwise gRPC stops after two pings without data.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Channels of one process share no connection: a worker's stream must not end with another's.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const std::shared_ptr<grpc::ChannelCredentials> credentials =
      security.credentials != nullptr ? security.credentials : grpc::InsecureChannelCredentials();
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> factories;
  factories.push_back(std::make_unique<TraceInterceptorFactory>());
  if (security.token != nullptr) {
    factories.push_back(std::make_unique<TokenInterceptorFactory>(security.token));
  }
  return grpc::experimental::CreateCustomChannelWithInterceptors(target, credentials, arguments,
                                                                 std::move(factories));
}

std::vector<std::shared_ptr<grpc::Channel>> MakeChannels(const std::string& targets) {
  return MakeChannels(targets, GetDefaultSecurity());
}

std::vector<std::shared_ptr<grpc::Channel>> MakeChannels(const std::string& targets,
                                                         const ClientSecurity& security) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (const absl::string_view target : absl::StrSplit(targets, ',', absl::SkipWhitespace())) {
    channels.push_back(MakeChannel(std::string(absl::StripAsciiWhitespace(target)), security));
  }
  // Nothing is reached by it, and the caller says so.
  if (channels.empty()) channels.push_back(MakeChannel(targets, security));
  return channels;
}

void ConfigureServer(grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder->SetMaxSendMessageSize(kMaxMessageBytes);
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostStreams);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              kPingEveryMs / 2);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kPingEveryMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
}

}  // namespace assay
