// Names of protocol buffer values, for people and scripts; a value that this program does not know
// is "unknown".
#ifndef ASSAY_CLIENT_COMMANDS_NAMES_H_
#define ASSAY_CLIENT_COMMANDS_NAMES_H_

#include <string>

#include "absl/time/time.h"
#include "assay/v1/types.pb.h"
#include "client/output/record_writer.h"

namespace assay {

std::string NameOf(v1::State state);                     // "running"
std::string NameOf(v1::Precision precision);             // "bfloat16"
std::string NameOf(v1::PromptTemplate prompt_template);  // "chat"; "none" when unspecified
std::string NameOf(v1::BosHandling bos);                 // "always"; "default" when unspecified
std::string NameOf(v1::Verdict verdict);                 // "correct"
std::string NameOf(v1::FinishReason reason);             // "length"

// Cells that carry the tone of what they say.
Cell StateCell(v1::State state);
Cell VerdictCell(v1::Verdict verdict);
// JSON: RFC 3339 in UTC, null when unset; tables: local time.
Cell TimeCell(bool is_set, const google::protobuf::Timestamp& time, absl::TimeZone zone);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_NAMES_H_
