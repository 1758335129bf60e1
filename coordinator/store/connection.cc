#include "coordinator/store/connection.h"

#include <fcntl.h>
#include <unistd.h>

#include <exception>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace assay {
namespace {

// What the server does about a coordinator that is frozen or cut off in a transaction, whose locks
// would otherwise keep others from its shard, and from taking back leases at all, for hours.
constexpr char kSessionLimits[] =
    "SET idle_in_transaction_session_timeout = '20s'; SET tcp_keepalives_idle = 5; "
    "SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = '15s'";

// libpq's messages have lines; ours are one.
DatabaseError Unreachable(absl::string_view what, bool retryable) {
  const std::string line =
      absl::StrReplaceAll(absl::StripTrailingAsciiWhitespace(what), {{"\n\t", " "}, {"\n", "; "}});
  return {absl::UnavailableError(absl::StrCat("the database is not reachable: ", line)),
          /*broken=*/true, retryable};
}

// By SQLSTATE (PostgreSQL's documentation, appendix A).
DatabaseError DescribeSqlError(const pqxx::sql_error& error) {
  const std::string state = error.sqlstate();
  const std::string message =
      absl::StrCat("database: ", absl::StripTrailingAsciiWhitespace(error.what()));
  if (state == "40001" || state == "40P01") {
    return {absl::AbortedError(message), /*broken=*/false, /*retryable=*/true};
  }
  // Connection exceptions; the server being stopped, started or reset; a session that it ended
  // because it was silent in a transaction; a primary that has become a standby.
  if (absl::StartsWith(state, "08") || absl::StartsWith(state, "57P") || state == "25P03" ||
      state == "25006") {
    return Unreachable(error.what(), /*retryable=*/true);
  }
  // A lock that was not to be had within lock_timeout.
  if (state == "55P03") return {absl::AbortedError(message)};
  if (state == "23505") return {absl::AlreadyExistsError(message)};
  // Disk, memory or connections are used up; an operator ended the statement; a file of the server
  // could not be written.
  if (absl::StartsWith(state, "53") || state == "57014" || state == "58030") {
    return {absl::UnavailableError(message)};
  }
  return {absl::InternalError(message)};
}

}  // namespace

PostgresConnection::PostgresConnection(const std::string& url)
    : pqxx::connection_base(policy_), policy_(url) {
  init();
}

PostgresConnection::~PostgresConnection() noexcept { close(); }

pqxx::connectionpolicy::handle PostgresConnection::Policy::do_startconnect(handle original) {
  handle_of_connection = pqxx::connect_direct::do_startconnect(original);
  return handle_of_connection;
}

pqxx::connectionpolicy::handle PostgresConnection::Policy::do_disconnect(handle original) noexcept {
  handle_of_connection = nullptr;
  return pqxx::connect_direct::do_disconnect(original);
}

DatabaseConnection::DatabaseConnection(const std::string& url)
    : connection(url),
      quiet(connection),
      backend(connection.backendpid()),
      socket(fcntl(connection.sock(), F_DUPFD_CLOEXEC, 0)) {
  connection.set_client_encoding("UTF8");
  pqxx::nontransaction tx(connection);
  tx.exec(kSessionLimits);
}

DatabaseConnection::~DatabaseConnection() {
  if (socket >= 0) close(socket);
}

DatabaseError DescribeCurrentException(bool is_open) {
  try {
    throw;
  } catch (const pqxx::in_doubt_error& error) {
    // The answer to COMMIT is lost: doing it again is for the caller to decide.
    return Unreachable(error.what(), /*retryable=*/false);
  } catch (const pqxx::broken_connection& error) {
    return Unreachable(error.what(), /*retryable=*/true);
  } catch (const pqxx::sql_error& error) {
    return DescribeSqlError(error);
  } catch (const std::exception& error) {
    // A COPY whose connection breaks is told as a failure of any kind.
    if (!is_open) return Unreachable(error.what(), /*retryable=*/false);
    return {absl::InternalError(absl::StrCat("database: ", error.what())), /*broken=*/true};
  }
}

}  // namespace assay
