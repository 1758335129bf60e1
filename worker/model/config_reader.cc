#include "worker/model/config_reader.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {

absl::Status ConfigReader::Error(absl::string_view key, absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat(where_, ": field \"", key, "\" ", what));
}

const nlohmann::json* ConfigReader::Find(absl::string_view key) const {
  const auto found = object_.find(std::string(key));
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

absl::StatusOr<const nlohmann::json*> ConfigReader::Need(absl::string_view key) const {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return Error(key, "is missing");
  return value;
}

bool ConfigReader::Has(absl::string_view key) const { return Find(key) != nullptr; }

absl::StatusOr<int64_t> ConfigReader::Integer(absl::string_view key, int64_t least,
                                              int64_t most) const {
  ASSAY_ASSIGN_OR_RETURN(const nlohmann::json* value, Need(key));
  if (!value->is_number_integer()) return Error(key, "is not a whole number");
  const int64_t number = value->get<int64_t>();
  if ((value->is_number_unsigned() && value->get<uint64_t>() > uint64_t{1} << 62) ||
      number < least || number > most) {
    return Error(key, absl::StrCat("is ", value->dump(), ", outside ", least, " to ", most));
  }
  return number;
}
absl::StatusOr<int64_t> ConfigReader::IntegerOr(absl::string_view key, int64_t least, int64_t most,
                                                int64_t otherwise) const {
  if (!Has(key)) return otherwise;
  return Integer(key, least, most);
}

absl::StatusOr<double> ConfigReader::Positive(absl::string_view key) const {
  ASSAY_ASSIGN_OR_RETURN(const nlohmann::json* value, Need(key));
  if (!value->is_number()) return Error(key, "is not a number");
  const double number = value->get<double>();
  if (!(number >= std::numeric_limits<float>::min() &&
        number <= std::numeric_limits<float>::max())) {
    return Error(key, absl::StrCat("is ", value->dump(), ", not a positive number"));
  }
  return number;
}
absl::StatusOr<double> ConfigReader::PositiveOr(absl::string_view key, double otherwise) const {
  if (!Has(key)) return otherwise;
  return Positive(key);
}

absl::StatusOr<bool> ConfigReader::BoolOr(absl::string_view key, bool otherwise) const {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) return Error(key, "is not true or false");
  return value->get<bool>();
}

absl::StatusOr<std::string> ConfigReader::Text(absl::string_view key) const {
  ASSAY_ASSIGN_OR_RETURN(const nlohmann::json* value, Need(key));
  if (!value->is_string()) return Error(key, "is not a text");
  return value->get<std::string>();
}
absl::StatusOr<std::string> ConfigReader::TextOr(absl::string_view key,
                                                 std::string otherwise) const {
  if (!Has(key)) return otherwise;
  return Text(key);
}

absl::StatusOr<std::vector<int32_t>> ConfigReader::Integers(absl::string_view key) const {
  std::vector<int32_t> result;
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return result;
  const nlohmann::json list = value->is_array() ? *value : nlohmann::json::array({*value});
  for (const nlohmann::json& element : list) {
    if (!element.is_number_integer()) return Error(key, "is not a whole number or a list of them");
    const int64_t number = element.get<int64_t>();
    if (number < 0 || number > std::numeric_limits<int32_t>::max()) {
      return Error(key, absl::StrCat("holds ", element.dump(), ", which is no token id"));
    }
    result.push_back(static_cast<int32_t>(number));
  }
  return result;
}

absl::StatusOr<std::vector<std::string>> ConfigReader::Texts(absl::string_view key) const {
  std::vector<std::string> result;
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return result;
  if (!value->is_array()) return Error(key, "is not a list of texts");
  for (const nlohmann::json& element : *value) {
    if (!element.is_string()) return Error(key, "is not a list of texts");
    result.push_back(element.get<std::string>());
  }
  return result;
}

absl::StatusOr<ConfigReader> ConfigReader::Object(absl::string_view key) const {
  ASSAY_ASSIGN_OR_RETURN(const nlohmann::json* value, Need(key));
  if (!value->is_object()) return Error(key, "is not an object");
  return ConfigReader(*value, absl::StrCat(where_, ": ", key));
}

}  // namespace assay
