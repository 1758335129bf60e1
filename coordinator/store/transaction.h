// Internal to the store: one operation is one transaction.
#ifndef ASSAY_COORDINATOR_STORE_TRANSACTION_H_
#define ASSAY_COORDINATOR_STORE_TRANSACTION_H_

#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/call_site.h"
#include "common/base/status_macros.h"
#include "coordinator/store/connection.h"
#include "coordinator/store/database.h"
#include "coordinator/store/transaction_scope.h"

namespace assay {

inline bool IsOk(const absl::Status& status) { return status.ok(); }
template <typename T>
bool IsOk(const absl::StatusOr<T>& value) {
  return value.ok();
}

// Runs `body(pqxx::work&)`, which returns a Status or StatusOr, in a transaction: commits when it
// is ok, rolls back otherwise. A deadlock, or a connection that turns out to be broken before the
// commit, is tried once more with `body` run afresh. What it takes is told of by the name of the
// function that calls it.
template <typename Body>
std::invoke_result_t<Body&, pqxx::work&> Transact(Database& database, Body body,
                                                  CallSite where = CallSite::current()) {
  for (int attempt = 1;; ++attempt) {
    ASSAY_ASSIGN_OR_RETURN(Database::Session session, database.Acquire());
    DatabaseError error;
    TransactionScope scope(database, where);
    try {
      pqxx::work tx(session.connection().connection);
      auto result = body(tx);
      if (IsOk(result)) {
        tx.commit();
        scope.Committed();
      }
      return result;
    } catch (...) {
      error = DescribeCurrentException(session.connection().connection.is_open());
    }
    if (error.broken || !session.connection().connection.is_open()) {
      session.Discard(error.status.message());
    }
    if (!error.retryable || attempt == 2) return error.status;
  }
}

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_TRANSACTION_H_
