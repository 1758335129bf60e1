// SHA-256 (FIPS 180-4), by OpenSSL. Digests are 64 lower-case hexadecimal digits.
#ifndef ASSAY_COMMON_BASE_SHA256_H_
#define ASSAY_COMMON_BASE_SHA256_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace assay {

// Digest of data that comes in pieces. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void Update(absl::string_view data);
  // Ends the digest; the object must not be used afterwards.
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string Sha256Hex(absl::string_view data);

}  // namespace assay

#endif  // ASSAY_COMMON_BASE_SHA256_H_
