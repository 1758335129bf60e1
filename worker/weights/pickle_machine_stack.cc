// What PickleMachine's operations do to its stack and memo.
#include <cstddef>

#include "absl/strings/escaping.h"
#include "common/base/status_macros.h"
#include "worker/weights/pickle_globals.h"
#include "worker/weights/pickle_machine.h"

namespace assay {

absl::StatusOr<PickleValue*> PickleMachine::New(Kind kind) {
  if (values_.size() == kMostValues) return input_.Error("has more than ", kMostValues, " values");
  PickleValue& value = values_.emplace_back();
  value.kind = kind;
  return &value;
}

absl::Status PickleMachine::Push(Kind kind, absl::string_view text, int64_t integer) {
  ASSAY_ASSIGN_OR_RETURN(PickleValue * value, New(kind));
  value->text = text;
  value->integer = integer;
  stack_.push_back(value);
  return absl::OkStatus();
}

absl::Status PickleMachine::PushLong(absl::string_view bytes) {
  if (bytes.size() > sizeof(int64_t)) return Push(Kind::kLong, bytes);
  uint64_t number = 0;
  for (size_t i = bytes.size(); i-- > 0;) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  if (!bytes.empty() && bytes.size() < sizeof(number) && (bytes.back() & 0x80) != 0) {
    number |= ~uint64_t{0} << (8 * bytes.size());  // negative
  }
  return Push(Kind::kInteger, {}, static_cast<int64_t>(number));
}

absl::Status PickleMachine::PushGlobal(absl::string_view module, absl::string_view name) {
  const absl::string_view global = FindPickleGlobal(module, name);
  if (!global.empty()) return Push(Kind::kGlobal, global);
  return input_.Error(
      "names ", absl::CHexEscape(module.substr(0, 200)), ".", absl::CHexEscape(name.substr(0, 200)),
      ", which could run code: tensors and plain containers alone are read, and nothing "
      "was run. If you trust the file, load it with torch and write its tensors with "
      "safetensors.torch.save_file");
}

absl::Status PickleMachine::PushTuple(size_t first) {
  ASSAY_ASSIGN_OR_RETURN(PickleValue * tuple, New(Kind::kTuple));
  items_ += stack_.size() - first;
  tuple->items.assign(stack_.begin() + static_cast<std::ptrdiff_t>(first), stack_.end());
  stack_.resize(first);
  stack_.push_back(tuple);
  return absl::OkStatus();
}

absl::Status PickleMachine::Call() {
  ASSAY_ASSIGN_OR_RETURN(const PickleValue* arguments, Pop());
  ASSAY_ASSIGN_OR_RETURN(const PickleValue* function, Pop());
  if (function->kind != Kind::kGlobal || arguments->kind != Kind::kTuple) {
    return input_.Error("calls what is no function (damaged file)");
  }
  if (function->text != kOrderedDict) {
    ASSAY_ASSIGN_OR_RETURN(PickleValue * call, New(Kind::kCall));
    call->items = {function, arguments};
    stack_.push_back(call);
    return absl::OkStatus();
  }
  ASSAY_ASSIGN_OR_RETURN(PickleValue * dict, New(Kind::kDict));
  stack_.push_back(dict);
  if (arguments->items.empty()) return absl::OkStatus();
  // Python 2 gives the items as a list of pairs.
  const PickleValue* list = arguments->items.front();
  items_ += 2 * list->items.size();
  if (items_ > kMostItems) return absl::OkStatus();  // Run says so
  for (const PickleValue* pair : list->items) {
    if (list->kind != Kind::kList || pair->items.size() != 2) {
      return input_.Error("makes a dictionary of what are no pairs (damaged file)");
    }
    dict->items.insert(dict->items.end(), pair->items.begin(), pair->items.end());
  }
  return absl::OkStatus();
}

absl::Status PickleMachine::Need(size_t count) const {
  const size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() - floor >= count) return absl::OkStatus();
  return input_.Error("takes more values than there are, at byte ", input_.position() - 1,
                      " (damaged file)");
}

absl::StatusOr<PickleValue*> PickleMachine::Pop() {
  ASSAY_RETURN_IF_ERROR(Need(1));
  PickleValue* value = stack_.back();
  stack_.pop_back();
  return value;
}

absl::StatusOr<size_t> PickleMachine::PopMark() {
  if (marks_.empty())
    return input_.Error("has no mark at byte ", input_.position() - 1, " (damaged file)");
  const size_t first = marks_.back();
  marks_.pop_back();
  return first;
}

absl::Status PickleMachine::Append(size_t first, Kind kind) {
  const size_t floor = marks_.empty() ? 0 : marks_.back();
  if (first <= floor || stack_[first - 1]->kind != kind) {
    return input_.Error("adds to what is no container of this kind, at byte ",
                        input_.position() - 1, " (damaged file)");
  }
  if (kind == Kind::kDict && (stack_.size() - first) % 2 != 0) {
    return input_.Error("has a key without a value (damaged file)");
  }
  std::vector<const PickleValue*>& items = stack_[first - 1]->items;
  items_ += stack_.size() - first;
  items.insert(items.end(), stack_.begin() + static_cast<std::ptrdiff_t>(first), stack_.end());
  stack_.resize(first);
  return absl::OkStatus();
}

absl::Status PickleMachine::Remember(uint64_t index) {
  ASSAY_RETURN_IF_ERROR(Need(1));
  memo_[index] = stack_.back();
  return absl::OkStatus();
}

absl::Status PickleMachine::Recall(uint64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end()) {
    return input_.Error("recalls value ", index, ", which it did not store (damaged file)");
  }
  stack_.push_back(found->second);
  return absl::OkStatus();
}

}  // namespace assay
