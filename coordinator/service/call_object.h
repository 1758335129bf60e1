// What a call was about, in a few words, for the audit log.
#ifndef ASSAY_COORDINATOR_SERVICE_CALL_OBJECT_H_
#define ASSAY_COORDINATOR_SERVICE_CALL_OBJECT_H_

#include <google/protobuf/message.h>

#include <string>

namespace assay {

// The names and numbers in `message`, "job_id=7 models=a,b", of at most 300 bytes. Only fields that
// name something are read: no text of users, no content of files, nothing that is secret.
std::string ObjectOfCall(const google::protobuf::Message& message);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_CALL_OBJECT_H_
