// Internal to the store: statements that a session of the database prepares once.
#ifndef ASSAY_COORDINATOR_STORE_PREPARED_H_
#define ASSAY_COORDINATOR_STORE_PREPARED_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "coordinator/store/connection.h"
#include "coordinator/store/transaction_scope.h"

namespace assay {

// Runs `sql`, which lives as long as the program, with `arguments`. The server parses and plans it
// at its first use in a session; for what is done thousands of times.
template <typename... Arguments>
pqxx::result ExecPrepared(pqxx::work& tx, const char* sql, const Arguments&... arguments) {
  const std::string name = absl::StrCat("s", reinterpret_cast<uintptr_t>(sql));
  tx.conn().prepare(name, sql);  // only notes it, once
  const absl::Time begin = absl::Now();
  pqxx::result result = tx.exec_prepared(name, arguments...);
  if (const TransactionScope* scope = TransactionScope::Current(); scope != nullptr) {
    scope->Executed(sql, absl::Now() - begin);
  }
  return result;
}

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_PREPARED_H_
