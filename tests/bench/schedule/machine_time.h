// What the seconds of simulated workers went to.
#ifndef ASSAY_TESTS_BENCH_SCHEDULE_MACHINE_TIME_H_
#define ASSAY_TESTS_BENCH_SCHEDULE_MACHINE_TIME_H_

namespace assay::simulation {

// Of one worker. All times are seconds of the simulated clock.
class MachineTime {
 public:
  bool working() const { return working_; }
  // Begins a shard at `now`, with a load of so many seconds before it.
  void Begin(double now, double load_seconds);
  // Ends it; its result was stored or not. Without one that was begun nothing changes.
  void End(double now, bool stored);
  // The worker is lost, or all is done.
  void Close(double now);

  double computed() const { return computed_; }        // what was stored
  double thrown_away() const { return thrown_away_; }  // computed, and not stored
  double loading() const { return loading_; }
  double waiting() const { return waiting_; }    // with nothing to do, before its last shard
  double idle_end() const { return idle_end_; }  // after it

 private:
  bool working_ = false;
  double since_ = 0;     // when it began to work, or to wait
  double load_end_ = 0;  // of the shard that was begun
  double computed_ = 0;
  double thrown_away_ = 0;
  double loading_ = 0;
  double waiting_ = 0;
  double idle_end_ = 0;
};

// What makes a makespan longer than work / capacity (lower_bound.h), in parts of that: with 1 they
// add up to makespan / (work / capacity). A second of a worker counts by its speed and by the price
// of its kind in the bound.
struct LostTime {
  double dearer_kind = 0;  // work that was done on a kind where it costs more than on another
  double loads = 0;
  double thrown_away = 0;  // computed by workers that were lost or taken back from
  double gone = 0;         // the time of lost workers after their loss
  double waiting = 0;
  double idle_end = 0;
};

}  // namespace assay::simulation

#endif  // ASSAY_TESTS_BENCH_SCHEDULE_MACHINE_TIME_H_
