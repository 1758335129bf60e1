// How fast workers are, from what they were leased and what they have reported.
#ifndef ASSAY_COORDINATOR_SCHEDULE_SPEED_METER_H_
#define ASSAY_COORDINATOR_SCHEDULE_SPEED_METER_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"

namespace assay {

struct WorkerSpeed {
  // Of what was expected of a worker of its kind; 1 until it has reported something.
  double factor = 1;
  bool measured = false;
  // Since when it computes what it is computing: its latest report, or, when it held nothing then,
  // its first lease after that. The infinite future: it holds nothing.
  absl::Time busy_since = absl::InfiniteFuture();
};

// Not thread-safe. Forgets workers that it has not heard of for long.
class SpeedMeter {
 public:
  // A lease of `tokens`, for which a worker of this kind is expected to take `seconds`, and
  // `load_seconds` before that where the model is not loaded (else 0).
  void Granted(const std::string& worker_id, int64_t lease_id, double seconds, double load_seconds,
               absl::Time now);
  // The lease's result was stored.
  void Committed(int64_t lease_id, absl::Time now);
  // It ended without one.
  void Ended(int64_t lease_id, absl::Time now);

  WorkerSpeed Of(const std::string& worker_id) const;

 private:
  struct Open {
    std::string worker_id;
    double seconds = 0;
    double load_seconds = 0;
  };
  struct Record {
    int open = 0;  // leases
    absl::Time busy_since = absl::InfiniteFuture();
    absl::Time heard = absl::InfinitePast();
    // Of the latest reports, older ones counting for less.
    double expected = 0;
    double taken = 0;
    double load_seconds = 0;  // of a load that is under way, as expected
  };

  void Forget(absl::Time now);

  std::map<int64_t, Open> open_;  // by lease_id
  std::map<std::string, Record> workers_;
  absl::Time forgot_ = absl::InfinitePast();
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SCHEDULE_SPEED_METER_H_
