#include "coordinator/store/backend_probe.h"

#include <libpq-fe.h>
#include <poll.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"

namespace assay {
namespace {

// A session that is idle, in a transaction or not, waits for its client. 'disabled' tells nothing.
constexpr char kWorking[] =
    "SELECT pid FROM pg_stat_activity WHERE pid = ANY($1::integer[]) AND (state NOT LIKE 'idle%' "
    "  OR state_change > clock_timestamp() - make_interval(secs => $2))";

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

// Until the answer to what was sent is there.
bool AwaitAnswer(PGconn* connection, absl::Time deadline) {
  while (PQisBusy(connection) != 0) {
    pollfd poll_for = {PQsocket(connection), POLLIN, 0};
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (left <= 0 || poll(&poll_for, 1, static_cast<int>(left)) <= 0) return false;
    if (PQconsumeInput(connection) == 0) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::set<int>> FindWorkingBackends(const std::string& url,
                                                  const std::set<int>& backends,
                                                  absl::Duration recently, absl::Duration timeout) {
  const Connection connection(PQconnectdb(url.c_str()), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    return absl::UnavailableError("no new connection to the database can be made");
  }
  const std::string ids = absl::StrCat("{", absl::StrJoin(backends, ","), "}");
  const std::string seconds = absl::StrCat(absl::ToDoubleSeconds(recently));
  const char* parameters[] = {ids.c_str(), seconds.c_str()};
  if (PQsendQueryParams(connection.get(), kWorking, 2, nullptr, parameters, nullptr, nullptr, 0) !=
          1 ||
      !AwaitAnswer(connection.get(), absl::Now() + timeout)) {
    return absl::UnavailableError("the database does not answer");
  }
  const Result result(PQgetResult(connection.get()), PQclear);
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
    return absl::UnavailableError(PQresultErrorMessage(result.get()));
  }
  std::set<int> working;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    int process = 0;
    if (absl::SimpleAtoi(PQgetvalue(result.get(), row, 0), &process)) working.insert(process);
  }
  return working;
}

}  // namespace assay
