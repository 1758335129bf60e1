// Whoever wants to know how long the database takes.
#ifndef ASSAY_COORDINATOR_STORE_DATABASE_OBSERVER_H_
#define ASSAY_COORDINATOR_STORE_DATABASE_OBSERVER_H_

#include "absl/time/time.h"

namespace assay {

// Thread-safe; must be quick, and not use the database.
class DatabaseObserver {
 public:
  enum class Outcome { kCommitted, kRolledBack };
  virtual ~DatabaseObserver() = default;

  // A connection was waited for so long.
  virtual void Acquired(absl::Duration waited) = 0;
  // A transaction has ended. `function` is the signature of the function of ours whose it is, as
  // std::source_location has it: a text that lives as long as the program.
  virtual void Transacted(const char* function, Outcome outcome, absl::Duration took) = 0;
  // A prepared statement was answered. `sql` lives as long as the program.
  virtual void Executed(const char* sql, absl::Duration took) = 0;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_DATABASE_OBSERVER_H_
