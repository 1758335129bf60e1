// The audit log: who did what.
#ifndef ASSAY_COORDINATOR_STORE_AUDIT_STORE_H_
#define ASSAY_COORDINATOR_STORE_AUDIT_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/store/database.h"

namespace assay {

struct AuditRecord {
  int64_t audit_id = 0;
  absl::Time at = absl::InfinitePast();  // by the database's clock
  std::string user = {};
  int64_t token_id = 0;  // 0: by no token
  std::string token_name = {};
  std::string method = {};
  std::string object = {};
  std::string peer = {};
  std::string outcome = {};
};

// Empty: any.
struct AuditFilter {
  std::string user = {};
  std::string method = {};  // a part of its name
  int64_t before_id = 0;    // 0: from the latest on
  int limit = 100;
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class AuditStore {
 public:
  explicit AuditStore(Database* database) : database_(database) {}

  absl::Status Add(const AuditRecord& record);
  // The latest first.
  absl::StatusOr<std::vector<AuditRecord>> List(const AuditFilter& filter);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_AUDIT_STORE_H_
