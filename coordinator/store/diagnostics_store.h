// How the database is set up and how it fares: what `assay doctor` asks for.
#ifndef ASSAY_COORDINATOR_STORE_DIAGNOSTICS_STORE_H_
#define ASSAY_COORDINATOR_STORE_DIAGNOSTICS_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "coordinator/store/database.h"

namespace assay {

// Of write-ahead logs.
struct ArchiverState {
  int64_t archived = 0;
  int64_t failed = 0;
  absl::Time last_archived = absl::InfinitePast();
  absl::Time last_failed = absl::InfinitePast();
};

struct DatabaseState {
  int version_number = 0;  // 150018
  std::string version;     // "15.18 (Debian 15.18-0+deb12u1)"
  absl::Time clock;
  absl::Time own_clock;  // this program's, halfway through the query that read `clock`
  absl::Duration round_trip = absl::ZeroDuration();
  int schema_version = 0;  // the newest migration that is applied
  bool read_only = false;
  int64_t size_bytes = 0;
  int connections = 0;                          // of clients, to all databases of the server
  std::map<std::string, std::string> settings;  // those that the server has, as SHOW prints them
  int64_t transaction_age = 0;                  // of the oldest transaction that is not frozen
  std::optional<ArchiverState> archiver = {};   // absent where nothing is archived
};

// Thread-safe.
class DiagnosticsStore {
 public:
  DiagnosticsStore(Database* database, Clock* clock) : database_(database), clock_(clock) {}

  // One transaction that only reads. Unavailable when the database is not reachable.
  absl::StatusOr<DatabaseState> Read();

 private:
  Database* const database_;
  Clock* const clock_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_DIAGNOSTICS_STORE_H_
