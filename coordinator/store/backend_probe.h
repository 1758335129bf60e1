// Internal to the store: whether the server still works on what some of its sessions were sent.
#ifndef ASSAY_COORDINATOR_STORE_BACKEND_PROBE_H_
#define ASSAY_COORDINATOR_STORE_BACKEND_PROBE_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace assay {

// Of these sessions, by the process ids of their server's side, those that the server works on or
// has worked on within `recently`, by a connection of its own. Unavailable when that is not
// answered within `timeout`, of which making the connection may take one more.
absl::StatusOr<std::set<int>> FindWorkingBackends(const std::string& url,
                                                  const std::set<int>& backends,
                                                  absl::Duration recently, absl::Duration timeout);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_BACKEND_PROBE_H_
