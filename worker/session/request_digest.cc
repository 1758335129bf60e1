#include "worker/session/request_digest.h"

#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/sha256.h"

namespace assay {
namespace {

constexpr size_t kDigits = 32;

// Every value with what tells where it ends, little-endian.
class Encoder {
 public:
  void Add(uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) {
      bytes_.push_back(static_cast<char>((value >> shift) & 0xFF));
    }
  }
  void Add(double value) {
    uint64_t bits = 0;
    static_assert(sizeof(bits) == sizeof(value));
    std::memcpy(&bits, &value, sizeof(bits));
    Add(bits);
  }
  void Add(absl::string_view text) {
    Add(static_cast<uint64_t>(text.size()));
    bytes_.append(text.data(), text.size());
  }
  void Add(absl::Span<const int32_t> ids) {
    Add(static_cast<uint64_t>(ids.size()));
    for (const int32_t id : ids) {
      const auto value = static_cast<uint32_t>(id);
      for (int shift = 0; shift < 32; shift += 8) {
        bytes_.push_back(static_cast<char>((value >> shift) & 0xFF));
      }
    }
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

void AddSampling(const TokenSampling& sampling, Encoder& encoder) {
  const bool greedy = sampling.temperature == 0;
  encoder.Add(static_cast<uint64_t>(greedy ? 0 : 1));
  if (greedy) return;  // the rest decides nothing
  encoder.Add(sampling.temperature);
  encoder.Add(sampling.top_p);
  encoder.Add(static_cast<uint64_t>(sampling.top_k));
  encoder.Add(sampling.random.key);
  encoder.Add(sampling.random.nonce);
}

}  // namespace

std::string RequestDigest(absl::Span<const Request> requests, const ProtocolSpec& protocol,
                          int64_t context_length) {
  Encoder encoder;
  encoder.Add(absl::string_view("assay request 1"));
  encoder.Add(static_cast<uint64_t>(context_length));
  encoder.Add(static_cast<uint64_t>(protocol.stop_texts.size()));
  for (const std::string& text : protocol.stop_texts) encoder.Add(absl::string_view(text));
  encoder.Add(static_cast<uint64_t>(requests.size()));
  for (const Request& request : requests) {
    encoder.Add(absl::MakeConstSpan(request.prompt));
    encoder.Add(static_cast<uint64_t>(request.max_new_tokens));
    encoder.Add(absl::MakeConstSpan(request.stop_token_ids));
    encoder.Add(static_cast<uint64_t>(request.choices.size()));
    for (const std::vector<int32_t>& choice : request.choices) {
      encoder.Add(absl::MakeConstSpan(choice));
    }
    AddSampling(request.sampling, encoder);
  }
  return Sha256Hex(encoder.bytes()).substr(0, kDigits);
}

}  // namespace assay
