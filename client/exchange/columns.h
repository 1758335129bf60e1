// What is stored of a prediction as columns: those of the messages themselves, so that a field that
// is added to them is exported from that day on.
#ifndef ASSAY_CLIENT_EXCHANGE_COLUMNS_H_
#define ASSAY_CLIENT_EXCHANGE_COLUMNS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace assay {

using ExchangeJson = nlohmann::ordered_json;

enum class ColumnType { kText, kInteger, kNumber, kBoolean, kList };

// A field of a message, or of a message in it. Enumerators are texts ("correct"), times RFC 3339
// with microseconds, lists JSON arrays. Infinite numbers are the texts "Infinity" and "-Infinity".
// Bytes that are not UTF-8 are null in their column and base64 in "<name>_base64", which is null
// otherwise. An absent field is null.
struct ExchangeColumn {
  std::string name;
  ColumnType type = ColumnType::kText;
  bool is_base64 = false;
  std::vector<const google::protobuf::FieldDescriptor*> path;
};

// Of a v1::GradedPrediction: of itself, its prediction and its current score.
const std::vector<ExchangeColumn>& PredictionColumns();
// Of a v1::Score.
const std::vector<ExchangeColumn>& ScoreColumns();

ExchangeJson GetColumn(const google::protobuf::Message& message, const ExchangeColumn& column);
// InvalidArgument, naming the column, for a value of another type or out of range.
absl::Status SetColumn(const ExchangeColumn& column, const ExchangeJson& value,
                       google::protobuf::Message* message);

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_COLUMNS_H_
