#include "coordinator/store/item_json.h"

#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"

namespace assay {

std::string EncodeItemBody(const Item& item) {
  const nlohmann::json body = {
      {"fields", item.fields}, {"choices", item.choices}, {"target", item.target}};
  return body.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

absl::Status DecodeItemBody(absl::string_view body, Item& item) {
  try {
    const nlohmann::json value = nlohmann::json::parse(body.begin(), body.end());
    item.fields = value.at("fields").get<std::map<std::string, std::string>>();
    item.choices = value.at("choices").get<std::vector<std::string>>();
    item.target = value.at("target").get<std::string>();
    return absl::OkStatus();
  } catch (const nlohmann::json::exception& error) {
    return absl::InternalError(absl::StrCat("stored item ", item.id, ": ", error.what()));
  }
}

}  // namespace assay
