#include "worker/weights/pickle_machine.h"

#include <bit>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "worker/weights/pickle_opcodes.h"

namespace assay {
namespace {

constexpr size_t kMostHeld = size_t{16} << 20;  // on the stack and in the memo

}  // namespace

absl::StatusOr<const PickleValue*> PickleMachine::Run() {
  while (true) {
    ASSAY_ASSIGN_OR_RETURN(const absl::string_view code, input_.Take(1));
    if (code[0] == opcode::kStop) break;
    ASSAY_RETURN_IF_ERROR(Step(static_cast<uint8_t>(code[0])));
    if (stack_.size() + marks_.size() + memo_.size() > kMostHeld || items_ > kMostItems) {
      return input_.Error("holds more than a model's tensors need");
    }
  }
  if (stack_.size() != 1 || !marks_.empty()) {
    return input_.Error("ends with ", stack_.size(), " values instead of one (damaged file)");
  }
  return stack_.front();
}

absl::Status PickleMachine::Step(uint8_t code) {
  switch (code) {
    case opcode::kProto: {
      ASSAY_ASSIGN_OR_RETURN(const uint64_t protocol, input_.TakeNumber(1));
      if (protocol >= 2 && protocol <= 5) return absl::OkStatus();
      return input_.Error("has protocol ", protocol, "; 2 to 5 can be read");
    }
    case opcode::kFrame:
      return input_.TakeNumber(8).status();
    case opcode::kNone:
      return Push(Kind::kNone);
    case opcode::kNewTrue:
      return Push(Kind::kBool, {}, 1);
    case opcode::kNewFalse:
      return Push(Kind::kBool, {}, 0);
    case opcode::kBinInt: {
      ASSAY_ASSIGN_OR_RETURN(const uint64_t number, input_.TakeNumber(4));
      return Push(Kind::kInteger, {}, static_cast<int32_t>(number));
    }
    case opcode::kBinInt1:
    case opcode::kBinInt2: {
      ASSAY_ASSIGN_OR_RETURN(const uint64_t number,
                             input_.TakeNumber(code == opcode::kBinInt1 ? 1 : 2));
      return Push(Kind::kInteger, {}, static_cast<int64_t>(number));
    }
    case opcode::kLong1:
    case opcode::kLong4: {
      ASSAY_ASSIGN_OR_RETURN(const absl::string_view bytes,
                             input_.TakeSized(code == opcode::kLong1 ? 1 : 4));
      return PushLong(bytes);
    }
    case opcode::kBinFloat: {  // big-endian
      ASSAY_ASSIGN_OR_RETURN(const absl::string_view bytes, input_.Take(8));
      uint64_t bits = 0;
      for (const char byte : bytes) bits = bits << 8 | static_cast<uint8_t>(byte);
      ASSAY_ASSIGN_OR_RETURN(PickleValue * value, New(Kind::kNumber));
      value->number = std::bit_cast<double>(bits);
      stack_.push_back(value);
      return absl::OkStatus();
    }
    case opcode::kShortBinString:
    case opcode::kShortBinUnicode:
    case opcode::kBinString:
    case opcode::kBinUnicode:
    case opcode::kBinUnicode8: {
      const bool is_short = code == opcode::kShortBinString || code == opcode::kShortBinUnicode;
      ASSAY_ASSIGN_OR_RETURN(const absl::string_view text,
                             input_.TakeSized(is_short                       ? 1
                                              : code == opcode::kBinUnicode8 ? 8
                                                                             : 4));
      return Push(Kind::kText, text);
    }
    case opcode::kShortBinBytes:
    case opcode::kBinBytes:
    case opcode::kBinBytes8: {
      ASSAY_ASSIGN_OR_RETURN(const absl::string_view bytes,
                             input_.TakeSized(code == opcode::kShortBinBytes ? 1
                                              : code == opcode::kBinBytes    ? 4
                                                                             : 8));
      return Push(Kind::kBytes, bytes);
    }
    case opcode::kBinPut:
    case opcode::kLongBinPut: {
      ASSAY_ASSIGN_OR_RETURN(const uint64_t index,
                             input_.TakeNumber(code == opcode::kBinPut ? 1 : 4));
      return Remember(index);
    }
    case opcode::kMemoize:
      return Remember(memo_.size());
    case opcode::kBinGet:
    case opcode::kLongBinGet: {
      ASSAY_ASSIGN_OR_RETURN(const uint64_t index,
                             input_.TakeNumber(code == opcode::kBinGet ? 1 : 4));
      return Recall(index);
    }
    default:
      return StepContainer(code);
  }
}

absl::Status PickleMachine::StepContainer(uint8_t code) {
  switch (code) {
    case opcode::kMark:
      marks_.push_back(stack_.size());
      return absl::OkStatus();
    case opcode::kPop: {
      // Of the mark where nothing is above it, as Python does.
      if (!marks_.empty() && marks_.back() == stack_.size()) {
        marks_.pop_back();
        return absl::OkStatus();
      }
      return Pop().status();
    }
    case opcode::kPopMark: {
      ASSAY_ASSIGN_OR_RETURN(const size_t first, PopMark());
      stack_.resize(first);
      return absl::OkStatus();
    }
    case opcode::kDup:
      ASSAY_RETURN_IF_ERROR(Need(1));
      stack_.push_back(stack_.back());
      return absl::OkStatus();
    case opcode::kEmptyTuple:
      return Push(Kind::kTuple);
    case opcode::kTuple1:
    case opcode::kTuple2:
    case opcode::kTuple3: {
      const size_t count = static_cast<size_t>(code - opcode::kTuple1) + 1;
      ASSAY_RETURN_IF_ERROR(Need(count));
      return PushTuple(stack_.size() - count);
    }
    case opcode::kTuple: {
      ASSAY_ASSIGN_OR_RETURN(const size_t first, PopMark());
      return PushTuple(first);
    }
    case opcode::kEmptyList:
      return Push(Kind::kList);
    case opcode::kEmptySet:
      return Push(Kind::kSet);
    case opcode::kEmptyDict:
      return Push(Kind::kDict);
    case opcode::kAppend:
      ASSAY_RETURN_IF_ERROR(Need(1));
      return Append(stack_.size() - 1, Kind::kList);
    case opcode::kSetItem:
      ASSAY_RETURN_IF_ERROR(Need(2));
      return Append(stack_.size() - 2, Kind::kDict);
    case opcode::kAppends:
    case opcode::kAddItems:
    case opcode::kSetItems: {
      ASSAY_ASSIGN_OR_RETURN(const size_t first, PopMark());
      return Append(first, code == opcode::kAppends    ? Kind::kList
                           : code == opcode::kAddItems ? Kind::kSet
                                                       : Kind::kDict);
    }
    default:
      return StepCall(code);
  }
}

absl::Status PickleMachine::StepCall(uint8_t code) {
  switch (code) {
    case opcode::kGlobal: {
      ASSAY_ASSIGN_OR_RETURN(const absl::string_view module, input_.TakeLine());
      ASSAY_ASSIGN_OR_RETURN(const absl::string_view name, input_.TakeLine());
      return PushGlobal(module, name);
    }
    case opcode::kStackGlobal: {
      ASSAY_ASSIGN_OR_RETURN(const PickleValue* name, Pop());
      ASSAY_ASSIGN_OR_RETURN(const PickleValue* module, Pop());
      if (name->kind != Kind::kText || module->kind != Kind::kText) {
        return input_.Error("names a global by what is no text (damaged file)");
      }
      return PushGlobal(module->text, name->text);
    }
    case opcode::kReduce:
    case opcode::kNewObject:
      return Call();
    case opcode::kBuild: {
      // Attributes of a dictionary, as a state dict's _metadata; nothing reads them.
      ASSAY_RETURN_IF_ERROR(Pop().status());
      ASSAY_RETURN_IF_ERROR(Need(1));
      if (stack_.back()->kind == Kind::kDict) return absl::OkStatus();
      return input_.Error("sets the state of what is no dictionary, which could run code");
    }
    case opcode::kBinPersistentId: {
      ASSAY_ASSIGN_OR_RETURN(const PickleValue* id, Pop());
      ASSAY_ASSIGN_OR_RETURN(PickleValue * value, New(Kind::kPersistent));
      value->items = {id};
      stack_.push_back(value);
      return absl::OkStatus();
    }
    default:
      return input_.Error("has the operation ", absl::StrFormat("0x%02x", code), " at byte ",
                          input_.position() - 1, ", which no plain container of tensors needs");
  }
}

}  // namespace assay
