// Internal to the store: libpqxx's connection, and its exceptions as statuses.
#ifndef ASSAY_COORDINATOR_STORE_CONNECTION_H_
#define ASSAY_COORDINATOR_STORE_CONNECTION_H_

#include <pqxx/pqxx>
#include <string>

#include "absl/status/status.h"

namespace assay {

struct DatabaseConnection {
  explicit DatabaseConnection(const std::string& url);
  pqxx::connection connection;
  // Errors come as exceptions; libpqxx would also print them.
  pqxx::quiet_errorhandler quiet;
};

struct DatabaseError {
  absl::Status status;
  bool broken = false;     // the connection is of no use any more
  bool retryable = false;  // nothing was done, and doing it again may succeed
};

// Must be called in a handler; describes the exception that is being handled. `is_open`: whether
// the connection that it came from still was.
DatabaseError DescribeCurrentException(bool is_open = true);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_CONNECTION_H_
