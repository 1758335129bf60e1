#include "client/exchange/json_text.h"

namespace assay {
namespace {

constexpr int kMostDepth = 100;

// Of what may be no JSON at all.
bool IsTooDeep(absl::string_view text) {
  int depth = 0;
  bool in_text = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\') ++i;
      in_text = c != '"';
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMostDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

ExchangeJson ParseJson(absl::string_view text) {
  if (IsTooDeep(text)) return ExchangeJson(ExchangeJson::value_t::discarded);
  return ExchangeJson::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace assay
