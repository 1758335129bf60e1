#include "common/tls/server_tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"
#include "common/tls/pem.h"

namespace assay {
namespace {

// Of TLS 1.2; those of 1.3 are OpenSSL's.
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr unsigned char kSessionContext[] = "assay";

absl::Status OpenSslError(absl::string_view what) {
  char reason[200] = "";
  ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat(what, ": ", reason));
}

absl::Status UseCertificate(const TlsFiles& files, SSL_CTX* context) {
  ASSAY_ASSIGN_OR_RETURN(std::vector<OpenSslOwned<X509>> chain,
                         ReadCertificates(files.certificate));
  ASSAY_ASSIGN_OR_RETURN(const OpenSslOwned<EVP_PKEY> key, ReadPrivateKey(files.key));
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
    return OpenSslError(files.certificate);
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
      return OpenSslError(files.certificate);
    }
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return OpenSslError(files.key);
  }
  return absl::OkStatus();
}

absl::Status AskForCertificates(const std::string& ca, SSL_CTX* context) {
  ASSAY_ASSIGN_OR_RETURN(const std::vector<OpenSslOwned<X509>> trusted, ReadCertificates(ca));
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const OpenSslOwned<X509>& certificate : trusted) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1 ||
        SSL_CTX_add_client_CA(context, certificate.get()) != 1) {
      return OpenSslError(ca);
    }
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<SSL_CTX>> MakeContext(const TlsFiles& files) {
  ASSAY_RETURN_IF_ERROR(CheckServerTlsFiles(files));
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return OpenSslError("TLS");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_id_context(context.get(), kSessionContext, sizeof kSessionContext - 1);
  if (SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1) return OpenSslError("TLS");
  ASSAY_RETURN_IF_ERROR(UseCertificate(files, context.get()));
  if (!files.ca.empty()) ASSAY_RETURN_IF_ERROR(AskForCertificates(files.ca, context.get()));
  return context;
}

std::string TextOf(const ASN1_STRING* string) {
  const unsigned char* data = ASN1_STRING_get0_data(string);
  std::string text(reinterpret_cast<const char*>(data),
                   static_cast<size_t>(ASN1_STRING_length(string)));
  // A name that ends early for some and not for others is no name.
  return text.find('\0') == std::string::npos ? text : "";
}

std::string CommonName(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return "";
  const ASN1_STRING* string = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index));
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, string);
  if (size < 0) return "";
  std::string name(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size));
  OPENSSL_free(utf8);
  return name.find('\0') == std::string::npos ? name : "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerTls>> ServerTls::Create(const TlsFiles& files) {
  std::unique_ptr<ServerTls> tls(new ServerTls(files));
  absl::MutexLock lock(&tls->mutex_);
  tls->read_ = tls->Changes();
  ASSAY_ASSIGN_OR_RETURN(tls->current_, MakeContext(files));
  return tls;
}

std::array<ServerTls::Change, 3> ServerTls::Changes() const {
  std::array<Change, 3> changes = {};
  const std::string* const paths[] = {&files_.ca, &files_.certificate, &files_.key};
  for (size_t i = 0; i < changes.size(); ++i) {
    struct stat facts = {};
    if (paths[i]->empty() || stat(paths[i]->c_str(), &facts) != 0) continue;
    changes[i] = {static_cast<int64_t>(facts.st_ino), facts.st_size, facts.st_mtim.tv_sec,
                  facts.st_mtim.tv_nsec};
  }
  return changes;
}

std::shared_ptr<SSL_CTX> ServerTls::Current() {
  const std::array<Change, 3> now = Changes();
  absl::MutexLock lock(&mutex_);
  if (now == read_) return current_;
  absl::StatusOr<std::shared_ptr<SSL_CTX>> context = MakeContext(files_);
  if (context.ok()) {
    current_ = *std::move(context);
    read_ = now;
  } else if (now != warned_) {
    // They are being replaced one by one, or they are wrong.
    warned_ = now;
    SPDLOG_WARN("HTTP is served with the certificate that was there before: {}",
                std::string(context.status().message()));
  }
  return current_;
}

PeerCertificate PeerCertificateOf(const SSL* connection) {
  PeerCertificate peer;
  const OpenSslOwned<X509> certificate(SSL_get1_peer_certificate(connection));
  if (certificate == nullptr) return peer;
  peer.name = CommonName(certificate.get());
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_URI) peer.uris.push_back(TextOf(name->d.uniformResourceIdentifier));
  }
  GENERAL_NAMES_free(names);
  return peer;
}

}  // namespace assay
