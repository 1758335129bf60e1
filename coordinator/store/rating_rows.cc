#include "coordinator/store/rating_rows.h"

#include <nlohmann/json.hpp>

namespace assay {

std::string EncodeTexts(const std::vector<std::string>& texts) {
  return nlohmann::json(texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::string> DecodeTexts(const char* json) {
  std::vector<std::string> texts;
  const nlohmann::json array = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  for (const nlohmann::json& text : array) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

}  // namespace assay
