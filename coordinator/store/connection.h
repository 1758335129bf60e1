// Internal to the store: libpqxx's connection, and its exceptions as statuses.
#ifndef ASSAY_COORDINATOR_STORE_CONNECTION_H_
#define ASSAY_COORDINATOR_STORE_CONNECTION_H_

#include <libpq-fe.h>

#include <pqxx/pqxx>
#include <string>

#include "absl/status/status.h"

namespace assay {

// As pqxx::connection, with libpq's handle, for what libpqxx has no words for.
class PostgresConnection : public pqxx::connection_base {
 public:
  explicit PostgresConnection(const std::string& url);
  ~PostgresConnection() noexcept;
  PGconn* handle() const { return policy_.handle_of_connection; }

 private:
  struct Policy : pqxx::connect_direct {
    using pqxx::connect_direct::connect_direct;
    handle do_startconnect(handle original) override;
    handle do_disconnect(handle original) noexcept override;
    handle handle_of_connection = nullptr;
  };
  Policy policy_;
};

struct DatabaseConnection {
  explicit DatabaseConnection(const std::string& url);
  ~DatabaseConnection();
  DatabaseConnection(const DatabaseConnection&) = delete;
  DatabaseConnection& operator=(const DatabaseConnection&) = delete;

  PostgresConnection connection;
  // Errors come as exceptions; libpqxx would also print them.
  pqxx::quiet_errorhandler quiet;
  const int backend;  // the process id of the server's side
  // A duplicate of the socket's descriptor, -1 where there is none: shutting it down ends what
  // waits for the server, from any thread.
  const int socket;
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
