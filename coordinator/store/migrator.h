// The schema, brought to the program's version.
#ifndef ASSAY_COORDINATOR_STORE_MIGRATOR_H_
#define ASSAY_COORDINATOR_STORE_MIGRATOR_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "coordinator/store/database.h"

namespace assay {

struct Migration {
  int version = 0;
  absl::string_view name;  // "0001_initial"
  absl::string_view sql;
};

// The files of migrations/, in order, as they were when the program was built.
absl::Span<const Migration> EmbeddedMigrations();

// Applies what is not applied yet, each migration in a transaction of its own, and returns how many
// that were. Any number of programs may call it at once, while others use the tables: what a
// migration must wait for, a dump for example, does not make them wait longer than moments.
// FailedPrecondition when the database is newer than the program, when an applied migration's text
// has changed since, or when the database's encoding is not UTF-8; Aborted when the tables stay
// locked for `patience`.
absl::StatusOr<int> Migrate(Database& database, absl::Span<const Migration> migrations,
                            absl::Duration patience = absl::Minutes(5),
                            Clock* clock = Clock::Real());

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_MIGRATOR_H_
