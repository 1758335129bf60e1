// What the .proto files say of their methods, messages and fields.
#ifndef ASSAY_COORDINATOR_WEB_PROTO_COMMENTS_H_
#define ASSAY_COORDINATOR_WEB_PROTO_COMMENTS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace assay {

// The comment of "assay.v1.SampleRow.output", in one line; empty without one.
std::string ProtoComment(const std::string& full_name);

// The serialized FileDescriptorSet of the .proto files, with their comments; made by the build.
absl::string_view EmbeddedDescriptors();

}  // namespace assay

#endif  // ASSAY_COORDINATOR_WEB_PROTO_COMMENTS_H_
