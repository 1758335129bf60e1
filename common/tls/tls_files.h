// The files by which a program shows who it is, and knows whom to trust.
#ifndef ASSAY_COMMON_TLS_TLS_FILES_H_
#define ASSAY_COMMON_TLS_TLS_FILES_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"

namespace assay {

// Paths of PEM files; empty: none.
struct TlsFiles {
  // Who is trusted: by a client, to sign the server's certificate; by a server, to sign clients',
  // which it then asks for.
  std::string ca = {};
  // One's own, with those that lead to the CA behind it, and its key.
  std::string certificate = {};
  std::string key = {};

  bool empty() const { return ca.empty() && certificate.empty() && key.empty(); }
};

// Instead of a CA's file: those that the machine trusts. Of clients only.
inline constexpr char kSystemCa[] = "system";

// A change of the files is taken up by new connections within so many seconds.
inline constexpr unsigned kTlsRefreshSeconds = 10;

inline constexpr size_t kMaxPemBytes = 1 << 20;

// Whether the files are there, can be read, and fit together; that the key is readable by others
// than its owner and group is an error too. InvalidArgument, FailedPrecondition or NotFound name
// the file and the reason.
absl::Status CheckTlsFiles(const TlsFiles& files);

// As CheckTlsFiles; of a server, which has a certificate and a key, and whose CA is a file.
absl::Status CheckServerTlsFiles(const TlsFiles& files);

}  // namespace assay

#endif  // ASSAY_COMMON_TLS_TLS_FILES_H_
