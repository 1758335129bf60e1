#include "coordinator/lease/outcome_names.h"

namespace assay {

const char* NameOf(CommitOutcome outcome) {
  switch (outcome) {
    case CommitOutcome::kAccepted:
      return "accepted";
    case CommitOutcome::kDuplicate:
      return "duplicate";
    case CommitOutcome::kStale:
      return "stale";
  }
  return "";
}

const char* NameOf(FailureKind kind) {
  switch (kind) {
    case FailureKind::kReported:
      return "failed";
    case FailureKind::kExpired:
      return "expired";
    case FailureKind::kReturned:
      return "returned";
  }
  return "";
}

}  // namespace assay
