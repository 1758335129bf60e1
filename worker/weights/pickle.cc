#include "worker/weights/pickle.h"

#include <cstddef>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/status_macros.h"
#include "worker/weights/pickle_machine.h"

namespace assay {
namespace {

// By depth first, without recursion, as the depth is the pickle's choice.
bool ContainsItself(const PickleValue& root) {
  struct Place {
    const PickleValue* value;
    size_t next;  // of its items
  };
  absl::flat_hash_map<const PickleValue*, bool> open;  // false: done with
  std::vector<Place> path = {{&root, 0}};
  open[&root] = true;
  while (!path.empty()) {
    Place& place = path.back();
    if (place.next == place.value->items.size()) {
      open[place.value] = false;
      path.pop_back();
      continue;
    }
    const PickleValue* item = place.value->items[place.next++];
    if (item->items.empty()) continue;
    const auto [known, is_new] = open.try_emplace(item, true);
    if (is_new) {
      path.push_back({item, 0});
    } else if (known->second) {
      return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Pickle>> Pickle::Read(const std::string& where,
                                                     absl::string_view bytes) {
  std::unique_ptr<Pickle> pickle(new Pickle());
  PickleMachine machine(where, bytes, &pickle->values_);
  ASSAY_ASSIGN_OR_RETURN(pickle->root_, machine.Run());
  pickle->size_ = machine.input().position();
  if (ContainsItself(*pickle->root_)) {
    return machine.input().Error("holds a value that contains itself");
  }
  return pickle;
}

}  // namespace assay
