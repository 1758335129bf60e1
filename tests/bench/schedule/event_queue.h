// What is to happen on the simulated clock.
#ifndef ASSAY_TESTS_BENCH_SCHEDULE_EVENT_QUEUE_H_
#define ASSAY_TESTS_BENCH_SCHEDULE_EVENT_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace assay::simulation {

struct Event {
  double time = 0;     // seconds
  int64_t number = 0;  // of equals, the earlier one first
  enum Kind { kAsk, kDone, kHeartbeat, kReap, kSubmit } kind = kAsk;
  size_t machine = 0;
  int64_t lease_id = 0;
  bool operator>(const Event& other) const {
    return time != other.time ? time > other.time : number > other.number;
  }
};

class EventQueue {
 public:
  bool empty() const { return events_.empty(); }
  void Push(double time, Event::Kind kind, size_t machine, int64_t lease_id = 0) {
    events_.push({time, ++made_, kind, machine, lease_id});
  }
  Event Pop() {
    const Event event = events_.top();
    events_.pop();
    return event;
  }

 private:
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  int64_t made_ = 0;
};

}  // namespace assay::simulation

#endif  // ASSAY_TESTS_BENCH_SCHEDULE_EVENT_QUEUE_H_
