// The way to PostgreSQL: a bounded pool of connections that are made when needed and again when
// they broke.
#ifndef ASSAY_COORDINATOR_STORE_DATABASE_H_
#define ASSAY_COORDINATOR_STORE_DATABASE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace assay {

// One connection; defined where libpqxx is known.
struct DatabaseConnection;

// Thread-safe. An outage is logged once, at its start and at its end.
class Database {
 public:
  // `url` is a PostgreSQL connection URI or "key=value" string. Nothing is connected yet.
  Database(const std::string& url, int connections);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Ok as soon as a query is answered. Tries again until `timeout` is over or `sleep` returns false
  // (stop waiting; Cancelled); an error that waiting cannot mend, such as a wrong password, is
  // returned at once.
  absl::Status WaitUntilReachable(absl::Duration timeout,
                                  const std::function<bool(absl::Duration)>& sleep);

  // A connection out of the pool, given back on destruction.
  class Session {
   public:
    Session(Session&& other) noexcept;
    Session& operator=(Session&&) = delete;
    ~Session();
    DatabaseConnection& connection() { return *connection_; }
    // The connection is broken, and so, likely, are the idle ones: none of them is used again.
    void Discard(absl::string_view reason);

   private:
    friend class Database;
    Session(Database* database, std::unique_ptr<DatabaseConnection> connection);
    Database* database_;
    std::unique_ptr<DatabaseConnection> connection_;
  };
  // Unavailable when the server cannot be reached, or when all connections stay busy for ten
  // seconds.
  absl::StatusOr<Session> Acquire();

  // That are open at once, at most.
  int most_connections() const { return limit_; }

 private:
  void Return(std::unique_ptr<DatabaseConnection> connection);
  void Drop(absl::string_view reason);
  void NoteOutage(absl::string_view reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string url_;
  const int limit_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<DatabaseConnection>> idle_ ABSL_GUARDED_BY(mutex_);
  int in_use_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reachable_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_DATABASE_H_
