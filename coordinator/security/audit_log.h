// The audit log in the database.
#ifndef ASSAY_COORDINATOR_SECURITY_AUDIT_LOG_H_
#define ASSAY_COORDINATOR_SECURITY_AUDIT_LOG_H_

#include "coordinator/security/audit_sink.h"
#include "coordinator/store/audit_store.h"

namespace assay {

// Thread-safe.
class AuditLog final : public AuditSink {
 public:
  // `store` outlives this.
  explicit AuditLog(AuditStore* store) : store_(store) {}
  void Record(const AuditEvent& event) override;

 private:
  AuditStore* const store_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SECURITY_AUDIT_LOG_H_
