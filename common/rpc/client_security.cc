#include "common/rpc/client_security.h"

#include <sys/stat.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/loopback.h"
#include "common/base/secret_file.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

constexpr char kTokenVariable[] = "ASSAY_TOKEN";

// The moment of the file's last change; -1 when it cannot be told.
int64_t ChangeOf(const std::string& path) {
  struct stat facts = {};
  if (stat(path.c_str(), &facts) != 0) return -1;
  return facts.st_mtim.tv_sec * int64_t{1'000'000'000} + facts.st_mtim.tv_nsec;
}

absl::StatusOr<std::shared_ptr<TokenSource>> ReadToken(const ConnectionOptions& options) {
  std::string token;
  if (const char* variable = std::getenv(kTokenVariable); variable != nullptr) {
    token = std::string(absl::StripAsciiWhitespace(variable));
    unsetenv(kTokenVariable);
  }
  if (!options.token_file.empty()) return TokenSource::OfFile(options.token_file);
  if (token.empty()) return std::shared_ptr<TokenSource>();
  for (const char c : token) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError("ASSAY_TOKEN: must hold a token and nothing else");
    }
  }
  return TokenSource::OfText(std::move(token));
}

}  // namespace

std::shared_ptr<TokenSource> TokenSource::OfText(std::string token) {
  auto source = std::make_shared<TokenSource>();
  absl::MutexLock lock(&source->mutex_);
  source->token_ = std::move(token);
  return source;
}

absl::StatusOr<std::shared_ptr<TokenSource>> TokenSource::OfFile(const std::string& path) {
  auto source = std::make_shared<TokenSource>();
  source->path_ = path;
  absl::MutexLock lock(&source->mutex_);
  ASSAY_RETURN_IF_ERROR(source->Refresh());
  return source;
}

absl::Status TokenSource::Refresh() {
  const int64_t changed = ChangeOf(path_);
  ASSAY_ASSIGN_OR_RETURN(token_, ReadTokenFile(path_));
  changed_ = changed;
  return absl::OkStatus();
}

std::string TokenSource::Get() {
  absl::MutexLock lock(&mutex_);
  // A file that is being replaced is read the next time.
  if (!path_.empty() && ChangeOf(path_) != changed_) Refresh().IgnoreError();
  return token_;
}

absl::StatusOr<ClientSecurity> MakeClientSecurity(const ConnectionOptions& options,
                                                  const std::string& targets) {
  ClientSecurity security;
  ASSAY_ASSIGN_OR_RETURN(security.token, ReadToken(options));
  if (!options.tls.empty()) {
    ASSAY_ASSIGN_OR_RETURN(security.credentials, MakeClientTls(options.tls));
    return security;
  }
  if (security.token == nullptr || options.insecure) return security;
  for (const absl::string_view target : absl::StrSplit(targets, ',', absl::SkipWhitespace())) {
    if (IsLoopbackAddress(absl::StripAsciiWhitespace(target))) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the token would go to ", targets,
                     " for everybody in between to read: name the "
                     "coordinator's CA by --tls-ca, or say --insecure"));
  }
  return security;
}

}  // namespace assay
