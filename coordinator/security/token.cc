#include "coordinator/security/token.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/sha256.h"

namespace assay {
namespace {

constexpr absl::string_view kPrefix = "assay_";
constexpr size_t kLookupBytes = 8;
constexpr size_t kSecretBytes = 32;
constexpr size_t kSecretLength = 43;  // base64 without padding

}  // namespace

absl::StatusOr<NewToken> MakeToken() {
  std::array<unsigned char, kLookupBytes + kSecretBytes> random = {};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    return absl::InternalError("the system has no random numbers to give");
  }
  const absl::string_view bytes(reinterpret_cast<const char*>(random.data()), random.size());
  NewToken token;
  token.lookup = absl::BytesToHexString(bytes.substr(0, kLookupBytes));
  token.text = absl::StrCat(kPrefix, token.lookup, "_",
                            absl::WebSafeBase64Escape(bytes.substr(kLookupBytes)));
  token.sha256 = Sha256Hex(token.text);
  return token;
}

std::string LookupOfToken(absl::string_view text) {
  constexpr size_t kLookupLength = 2 * kLookupBytes;
  if (!absl::ConsumePrefix(&text, kPrefix)) return "";
  if (text.size() != kLookupLength + 1 + kSecretLength || text[kLookupLength] != '_') return "";
  const absl::string_view lookup = text.substr(0, kLookupLength);
  const bool is_hexadecimal = std::all_of(lookup.begin(), lookup.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  return is_hexadecimal ? std::string(lookup) : "";
}

bool SameDigest(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace assay
