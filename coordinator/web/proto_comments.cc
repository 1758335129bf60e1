#include "coordinator/web/proto_comments.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace assay {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::ServiceDescriptor;
using google::protobuf::SourceLocation;
using Comments = std::map<std::string, std::string>;

template <typename Described>
void Add(const Described& described, Comments& comments) {
  SourceLocation location;
  if (!described.GetSourceLocation(&location)) return;
  std::vector<absl::string_view> lines;
  for (const std::string* text : {&location.leading_comments, &location.trailing_comments}) {
    for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
      const absl::string_view stripped = absl::StripAsciiWhitespace(line);
      if (!stripped.empty()) lines.push_back(stripped);
    }
  }
  if (!lines.empty()) comments[described.full_name()] = absl::StrJoin(lines, " ");
}

void AddMessage(const Descriptor& message, Comments& comments) {
  Add(message, comments);
  for (int i = 0; i < message.field_count(); ++i) Add(*message.field(i), comments);
  for (int i = 0; i < message.nested_type_count(); ++i)
    AddMessage(*message.nested_type(i), comments);
}

void AddFile(const FileDescriptor& file, Comments& comments) {
  for (int i = 0; i < file.message_type_count(); ++i) AddMessage(*file.message_type(i), comments);
  for (int i = 0; i < file.enum_type_count(); ++i) {
    const EnumDescriptor& type = *file.enum_type(i);
    Add(type, comments);
    for (int j = 0; j < type.value_count(); ++j) Add(*type.value(j), comments);
  }
  for (int i = 0; i < file.service_count(); ++i) {
    const ServiceDescriptor& service = *file.service(i);
    for (int j = 0; j < service.method_count(); ++j) Add(*service.method(j), comments);
  }
}

Comments ReadComments() {
  Comments comments;
  google::protobuf::FileDescriptorSet set;
  const absl::string_view bytes = EmbeddedDescriptors();
  if (!set.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return comments;
  DescriptorPool pool;
  for (const google::protobuf::FileDescriptorProto& proto : set.file()) {
    const FileDescriptor* file = pool.BuildFile(proto);
    if (file != nullptr && file->package() == "assay.v1") AddFile(*file, comments);
  }
  return comments;
}

}  // namespace

std::string ProtoComment(const std::string& full_name) {
  static const Comments& comments = *new Comments(ReadComments());
  const auto found = comments.find(full_name);
  return found == comments.end() ? "" : found->second;
}

}  // namespace assay
