// The way to PostgreSQL: a bounded pool of connections that are made when needed and again when
// they broke.
#ifndef ASSAY_COORDINATOR_STORE_DATABASE_H_
#define ASSAY_COORDINATOR_STORE_DATABASE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace assay {

class DatabaseObserver;
// One connection; defined where libpqxx is known.
struct DatabaseConnection;

// Thread-safe. An outage is logged once, at its start and at its end.
//
// A connection on which nothing moves any more, although the network says nothing of it (what is
// between here and the server has stalled), would hold its thread for ever. So what is in use for
// long is looked after over another connection, and shut down where the server does not work on it
// or does not answer either: its operation fails as with any broken connection.
class Database {
 public:
  struct Patience {
    absl::Duration in_use = absl::Seconds(10);  // before a connection is looked after
    absl::Duration period = absl::Seconds(5);   // from one look to the next
    absl::Duration answer = absl::Seconds(5);   // of the server, to the question
  };
  // `url` is a PostgreSQL connection URI or "key=value" string. Nothing is connected yet.
  Database(const std::string& url, int connections) : Database(url, connections, Patience()) {}
  Database(const std::string& url, int connections, const Patience& patience);
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
  // seconds. While it cannot be reached one caller at a time tries; the others are told at once.
  absl::StatusOr<Session> Acquire();

  // That are open at once, at most.
  int most_connections() const { return limit_; }
  struct Connections {
    int in_use = 0;
    int idle = 0;
    int waited_for = 0;  // callers of Acquire that wait for one
  };
  Connections connections();

  // `observer` must outlive the database. Before other threads use it.
  void Observe(DatabaseObserver* observer) { observer_ = observer; }
  DatabaseObserver* observer() const { return observer_; }  // may be null

 private:
  void Return(std::unique_ptr<DatabaseConnection> connection);
  void Drop(std::unique_ptr<DatabaseConnection> connection, absl::string_view reason);
  void Watch();
  void LookAfterConnections();
  void NoteOutage(absl::string_view reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string url_;
  const int limit_;
  DatabaseObserver* observer_ = nullptr;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<DatabaseConnection>> idle_ ABSL_GUARDED_BY(mutex_);
  int in_use_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of the connections in use, since when they are.
  std::map<const DatabaseConnection*, absl::Time> in_use_since_ ABSL_GUARDED_BY(mutex_);
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reachable_ ABSL_GUARDED_BY(mutex_) = true;
  bool trying_ ABSL_GUARDED_BY(mutex_) = false;  // somebody, to reach it again
  const Patience patience_;
  absl::Notification stop_;
  std::thread watcher_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_DATABASE_H_
