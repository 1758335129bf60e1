#include "coordinator/store/connection.h"

#include <exception>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace assay {
namespace {

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
  // Connection exceptions, and the server being stopped, started or reset.
  if (absl::StartsWith(state, "08") || state == "57P01" || state == "57P02" || state == "57P03") {
    return Unreachable(error.what(), /*retryable=*/true);
  }
  if (state == "23505") return {absl::AlreadyExistsError(message)};
  if (absl::StartsWith(state, "53"))
    return {absl::UnavailableError(message)};                      // disk, memory, connections
  if (state == "25006") return {absl::UnavailableError(message)};  // a read-only standby
  return {absl::InternalError(message)};
}

}  // namespace

DatabaseError DescribeCurrentException() {
  try {
    throw;
  } catch (const pqxx::in_doubt_error& error) {
    // The answer to COMMIT is lost: doing it again is for the caller to decide.
    return Unreachable(error.what(), /*retryable=*/false);
  } catch (const pqxx::broken_connection& error) {
    return Unreachable(error.what(), /*retryable=*/true);
  } catch (const pqxx::sql_error& error) {
    return DescribeSqlError(error);
  } catch (const pqxx::failure& error) {
    return {absl::InternalError(absl::StrCat("database: ", error.what())), /*broken=*/true};
  } catch (const std::exception& error) {
    return {absl::InternalError(absl::StrCat("database: ", error.what())), /*broken=*/true};
  }
}

}  // namespace assay
