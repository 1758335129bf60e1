#include "coordinator/security/audit_log.h"

#include <spdlog/spdlog.h>

#include "absl/strings/escaping.h"

namespace assay {

void AuditLog::Record(const AuditEvent& event) {
  const absl::Status status = store_->Add({.user = event.user,
                                           .token_id = event.token_id,
                                           .method = event.method,
                                           .object = event.object,
                                           .peer = event.peer,
                                           .outcome = event.outcome});
  if (status.ok()) return;
  SPDLOG_WARN("not in the audit log ({}): {} {} {} from {}: {}", std::string(status.message()),
              absl::CHexEscape(event.user), event.method, absl::CHexEscape(event.object),
              event.peer, event.outcome);
}

}  // namespace assay
