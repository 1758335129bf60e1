// Where it is written down who did what.
#ifndef ASSAY_COORDINATOR_SECURITY_AUDIT_SINK_H_
#define ASSAY_COORDINATOR_SECURITY_AUDIT_SINK_H_

#include <cstdint>
#include <string>

namespace assay {

struct AuditEvent {
  std::string user = {};  // empty: of no one that is known
  int64_t token_id = 0;
  std::string method = {};  // "assay.v1.EvaluationService/SubmitJob", by either way
  std::string object = {};  // what it was done to: "job_id=7", at most some hundred bytes
  std::string peer = {};    // the caller's way and address: "ipv4:192.0.2.1:4711", "http:192.0.2.1"
  std::string outcome = {};  // "OK", or the status code: "PERMISSION_DENIED"
};

// Thread-safe.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  // Returns when it is stored. What cannot be stored goes to the log.
  virtual void Record(const AuditEvent& event) = 0;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SECURITY_AUDIT_SINK_H_
