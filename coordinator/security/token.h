// What a token of the API is made of: "assay_LOOKUP_SECRET". LOOKUP, 16 hexadecimal digits, finds
// its row and is no secret; SECRET is 256 random bits.
#ifndef ASSAY_COORDINATOR_SECURITY_TOKEN_H_
#define ASSAY_COORDINATOR_SECURITY_TOKEN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

struct NewToken {
  std::string text;  // to be shown once and kept nowhere
  std::string lookup;
  std::string sha256;  // of `text`
};

// By the operating system's generator of randomness.
absl::StatusOr<NewToken> MakeToken();

// The lookup part; empty when `text` has not the form of a token.
std::string LookupOfToken(absl::string_view text);

// Takes the same time wherever they differ.
bool SameDigest(absl::string_view a, absl::string_view b);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SECURITY_TOKEN_H_
