// `assay up`: the whole service on one machine.
#ifndef ASSAY_CLIENT_UP_UP_H_
#define ASSAY_CLIENT_UP_UP_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"

namespace assay {

struct UpOptions {
  std::string data;                        // empty: DefaultDataFolder()
  std::string listen = "127.0.0.1:7420";   // port 0: any free one
  std::string database;                    // empty: a private cluster
  std::string postgres_user = "postgres";  // as root, the user that the private cluster belongs to
  std::string log_level = "info";          // of the coordinator and the workers
  int workers = 1;
  int threads = 0;       // of each worker; 0: the machine's processors, divided among the workers
  int token_budget = 0;  // of each worker; 0: its own default
  int kv_cache_mb = 0;   // of each worker; 0: its own default
  std::string sandbox;   // of each worker; empty: its own default
  std::string device;    // of each worker; "cuda": the first has cuda:0, the next cuda:1, ...
  std::string metrics_listen;  // HOST:PORT of the coordinator's metrics; the workers' follow it
  // HOST:PORT of the web page and the HTTP interface, or "none"; empty: where the coordinator's
  // metrics are, or else on this machine alone at the port behind that of `listen`, or any free one
  // where that is taken.
  std::string web_listen;
  std::vector<std::string> worker_arguments;  // further ones, of each worker
  double lease_seconds = 0;                   // 0: the coordinator's own default
};

// Starts PostgreSQL, a coordinator and the workers, restarts those that end, and stops all of them
// in order at SIGINT, SIGTERM or SIGHUP, which is a success. Call it from a process's only thread.
// What happens is told on `out`.
absl::Status RunUp(const UpOptions& options, std::ostream* out, Clock* clock);

}  // namespace assay

#endif  // ASSAY_CLIENT_UP_UP_H_
