#include "coordinator/store/database.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "coordinator/store/backend_probe.h"
#include "coordinator/store/connection.h"
#include "coordinator/store/database_observer.h"

namespace assay {
namespace {

constexpr absl::Duration kAcquireTimeout = absl::Seconds(10);
constexpr absl::Duration kRetryEvery = absl::Milliseconds(500);

// A server that does not answer must not hold a thread for minutes.
std::string WithTimeouts(const std::string& url) {
  std::string result = url;
  const bool uri = absl::StartsWith(url, "postgresql://") || absl::StartsWith(url, "postgres://");
  for (const char* option :
       {"connect_timeout=5", "tcp_user_timeout=15000", "keepalives_idle=5", "keepalives_interval=5",
        "keepalives_count=3", "application_name=assay-coordinator"}) {
    const std::string key = std::string(option).substr(0, std::string(option).find('=') + 1);
    if (absl::StrContains(url, key)) continue;
    const char* separator = !uri ? " " : (absl::StrContains(result, "?") ? "&" : "?");
    absl::StrAppend(&result, separator, option);
  }
  return result;
}

bool WaitingMayHelp(const absl::Status& status) {
  if (!absl::IsUnavailable(status)) return false;
  for (absl::string_view lasting :
       {"authentication failed", "does not exist", "no pg_hba.conf entry", "no password supplied",
        "invalid connection option", "invalid port", "connection info string", "URI"}) {
    // A socket file "does not exist" while the server is down: that is a matter of time.
    if (absl::StrContains(status.message(), lasting) &&
        !absl::StrContains(status.message(), "No such file")) {
      return false;
    }
  }
  return true;
}

}  // namespace

Database::Session::Session(Database* database, std::unique_ptr<DatabaseConnection> connection)
    : database_(database), connection_(std::move(connection)) {}

Database::Session::Session(Session&& other) noexcept
    : database_(other.database_), connection_(std::move(other.connection_)) {}

Database::Session::~Session() {
  if (connection_ != nullptr) database_->Return(std::move(connection_));
}

void Database::Session::Discard(absl::string_view reason) {
  database_->Drop(std::move(connection_), reason);
}

Database::Database(const std::string& url, int connections, const Patience& patience)
    : url_(WithTimeouts(url)),
      limit_(connections),
      patience_(patience),
      watcher_([this] { Watch(); }) {}

Database::~Database() {
  stop_.Notify();
  watcher_.join();
}

absl::Status Database::WaitUntilReachable(absl::Duration timeout,
                                          const std::function<bool(absl::Duration)>& sleep) {
  const absl::Time end = absl::Now() + timeout;
  while (true) {
    absl::Status status = Acquire().status();
    if (status.ok() || !WaitingMayHelp(status) || absl::Now() >= end) return status;
    if (!sleep(kRetryEvery)) return absl::CancelledError("stopped while waiting for the database");
  }
}

absl::StatusOr<Database::Session> Database::Acquire() {
  {
    absl::MutexLock lock(&mutex_);
    const auto free = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return in_use_ < limit_; };
    const absl::Time begin = absl::Now();
    ++waiting_;
    const bool found = mutex_.AwaitWithTimeout(absl::Condition(&free), kAcquireTimeout);
    --waiting_;
    if (observer_ != nullptr) observer_->Acquired(absl::Now() - begin);
    if (!found) {
      return absl::UnavailableError(
          absl::StrCat("all ", limit_, " connections to the database are busy"));
    }
    if (!idle_.empty()) {
      ++in_use_;
      std::unique_ptr<DatabaseConnection> connection = std::move(idle_.back());
      idle_.pop_back();
      in_use_since_[connection.get()] = absl::Now();
      return Session(this, std::move(connection));
    }
    if (!reachable_ && trying_) return absl::UnavailableError("the database is not reachable");
    trying_ = !reachable_;
    ++in_use_;
  }
  try {
    auto connection = std::make_unique<DatabaseConnection>(url_);
    absl::MutexLock lock(&mutex_);
    if (!reachable_) SPDLOG_INFO("the database is reachable again");
    reachable_ = true;
    trying_ = false;
    in_use_since_[connection.get()] = absl::Now();
    return Session(this, std::move(connection));
  } catch (...) {
    // libpq repeats a URL that it cannot read, with the password in it.
    const absl::Status status(absl::StatusCode::kUnavailable,
                              absl::StrReplaceAll(DescribeCurrentException().status.message(),
                                                  {{url_, "(the database's URL)"}}));
    absl::MutexLock lock(&mutex_);
    --in_use_;
    trying_ = false;
    NoteOutage(status.message());
    return status;
  }
}

Database::Connections Database::connections() {
  absl::MutexLock lock(&mutex_);
  return {in_use_, static_cast<int>(idle_.size()), waiting_};
}

void Database::Return(std::unique_ptr<DatabaseConnection> connection) {
  absl::MutexLock lock(&mutex_);
  --in_use_;
  in_use_since_.erase(connection.get());
  idle_.push_back(std::move(connection));
}

void Database::Drop(std::unique_ptr<DatabaseConnection> connection, absl::string_view reason) {
  std::vector<std::unique_ptr<DatabaseConnection>> dropped;  // closed outside the lock
  absl::MutexLock lock(&mutex_);
  --in_use_;
  in_use_since_.erase(connection.get());
  dropped.swap(idle_);
  dropped.push_back(std::move(connection));
  SPDLOG_LOGGER_CALL(spdlog::default_logger_raw(), spdlog::level::debug,
                     "a database connection was lost: {}", std::string(reason));
}

void Database::Watch() {
  while (!stop_.WaitForNotificationWithTimeout(patience_.period)) LookAfterConnections();
}

void Database::LookAfterConnections() {
  std::map<const DatabaseConnection*, absl::Time> looked_at;
  std::set<int> backends;
  {
    absl::MutexLock lock(&mutex_);
    const absl::Time long_ago = absl::Now() - patience_.in_use;
    for (const auto& [connection, since] : in_use_since_) {
      if (since > long_ago) continue;
      looked_at[connection] = since;
      backends.insert(connection->backend);
    }
  }
  if (backends.empty()) return;
  const absl::StatusOr<std::set<int>> working =
      FindWorkingBackends(url_, backends, patience_.in_use, patience_.answer);
  absl::MutexLock lock(&mutex_);
  for (const auto& [connection, since] : looked_at) {
    const auto found = in_use_since_.find(connection);
    if (found == in_use_since_.end() || found->second != since) continue;
    if (working.ok() && working->count(connection->backend) != 0) continue;
    SPDLOG_WARN("a connection to the database is given up after {}: {}",
                absl::FormatDuration(absl::Now() - since),
                working.ok() ? "the server waits for what was lost on the way"
                             : std::string(working.status().message()));
    if (connection->socket >= 0) shutdown(connection->socket, SHUT_RDWR);
  }
}

void Database::NoteOutage(absl::string_view reason) {
  if (reachable_) SPDLOG_WARN("{}; trying again", std::string(reason));
  reachable_ = false;
}

}  // namespace assay
