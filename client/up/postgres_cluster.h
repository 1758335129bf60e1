// The private PostgreSQL cluster of `assay up`: reached through a Unix socket only, owned by a user
// who is not root.
#ifndef ASSAY_CLIENT_UP_POSTGRES_CLUSTER_H_
#define ASSAY_CLIENT_UP_POSTGRES_CLUSTER_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/process/subprocess.h"
#include "client/up/data_folder.h"
#include "client/up/postgres_binaries.h"
#include "common/base/clock.h"

namespace assay {

class PostgresCluster {
 public:
  // Makes the cluster where there is none yet, and stops a server that an earlier `assay up` left
  // on it. As root the cluster belongs to `postgres_user`, else to the caller.
  static absl::StatusOr<PostgresCluster> Open(const DataFolder& data,
                                              const std::string& postgres_user, Clock* clock);

  // The server in the foreground: SIGINT is its fast shutdown, SIGQUIT ends it at once.
  Command ServerCommand() const;
  // Whether the server of process `pid` takes connections.
  bool IsReady(pid_t pid) const;
  // Makes the database "assay" where it is missing; the server must be ready.
  absl::Status EnsureDatabase() const;

  // For libpq.
  std::string Url() const;
  int major() const { return binaries_.major; }

 private:
  PostgresCluster(const DataFolder& data, SystemUser owner)
      : data_(data.postgres()), run_(data.run()), owner_(std::move(owner)) {}

  absl::Status CheckPaths() const;
  absl::Status Initialize() const;
  absl::Status WriteAccessFiles() const;
  absl::Status StopLeftover(Clock* clock) const;
  // To run as the owner.
  Command AsOwner(std::vector<std::string> arguments) const;
  absl::StatusOr<std::string> Query(const std::string& database, const std::string& sql) const;

  std::string data_;
  std::string run_;
  SystemUser owner_;
  PostgresBinaries binaries_;
};

}  // namespace assay

#endif  // ASSAY_CLIENT_UP_POSTGRES_CLUSTER_H_
