// Internal to Pickle: the stack machine that a pickle is a program for.
#ifndef ASSAY_WORKER_WEIGHTS_PICKLE_MACHINE_H_
#define ASSAY_WORKER_WEIGHTS_PICKLE_MACHINE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/weights/pickle.h"
#include "worker/weights/pickle_input.h"

namespace assay {

// Knows protocols 2 to 5 without what makes objects of other classes.
class PickleMachine {
 public:
  // New values go to `values`.
  PickleMachine(const std::string& where, absl::string_view bytes, std::deque<PickleValue>* values)
      : input_(where, bytes), values_(*values) {}

  // Up to the end of the pickle; what it leaves on the stack.
  absl::StatusOr<const PickleValue*> Run();
  const PickleInput& input() const { return input_; }

 private:
  using Kind = PickleValue::Kind;

  // A value takes some hundred bytes; a tensor some twenty values.
  static constexpr size_t kMostValues = size_t{8} << 20;
  static constexpr size_t kMostItems = size_t{32} << 20;  // of all containers

  absl::Status Step(uint8_t code);
  absl::Status StepContainer(uint8_t code);
  absl::Status StepCall(uint8_t code);

  absl::StatusOr<PickleValue*> New(Kind kind);
  absl::Status Push(Kind kind, absl::string_view text = {}, int64_t integer = 0);
  absl::Status PushLong(absl::string_view bytes);
  absl::Status PushGlobal(absl::string_view module, absl::string_view name);
  absl::Status PushTuple(size_t first);  // of the stack from here on
  absl::Status Call();

  // Values above the last mark.
  absl::Status Need(size_t count) const;
  absl::StatusOr<PickleValue*> Pop();
  absl::StatusOr<size_t> PopMark();  // how many values lie below it
  // The values of the stack from `first` on, put into the container below them.
  absl::Status Append(size_t first, Kind kind);

  absl::Status Remember(uint64_t index);
  absl::Status Recall(uint64_t index);

  PickleInput input_;
  std::deque<PickleValue>& values_;
  size_t items_ = 0;  // of all containers
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  absl::flat_hash_map<uint64_t, PickleValue*> memo_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_PICKLE_MACHINE_H_
