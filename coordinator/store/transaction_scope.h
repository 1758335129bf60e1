// Internal to the store: what is told of a transaction when it has ended.
#ifndef ASSAY_COORDINATOR_STORE_TRANSACTION_SCOPE_H_
#define ASSAY_COORDINATOR_STORE_TRANSACTION_SCOPE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/call_site.h"
#include "common/logging/log_context.h"
#include "coordinator/store/database.h"

namespace assay {

// Lives around a transaction, on the thread that runs it. At its end the database's observer is
// told how long the transaction took, and what was noted is logged, provided it was committed.
class TransactionScope {
 public:
  explicit TransactionScope(const Database& database, CallSite where = CallSite::current());
  ~TransactionScope();
  TransactionScope(const TransactionScope&) = delete;
  TransactionScope& operator=(const TransactionScope&) = delete;

  void Committed() { committed_ = true; }

  // The innermost one of this thread; null where there is none.
  static TransactionScope* Current();
  // A line for the log, once the transaction is committed.
  void Note(std::string line, const LogFields& fields);
  void Executed(const char* sql, absl::Duration took) const;

 private:
  struct Noted {
    std::string line;
    LogFields fields;
  };

  DatabaseObserver* const observer_;  // may be null
  const char* const function_;
  TransactionScope* const outer_;
  const absl::Time begin_;
  bool committed_ = false;
  std::vector<Noted> notes_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_TRANSACTION_SCOPE_H_
