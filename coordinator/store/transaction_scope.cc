#include "coordinator/store/transaction_scope.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/time/clock.h"
#include "coordinator/store/database_observer.h"

namespace assay {
namespace {

thread_local TransactionScope* current = nullptr;

}  // namespace

TransactionScope::TransactionScope(const Database& database, CallSite where)
    : observer_(database.observer()),
      function_(where.function_name()),
      outer_(std::exchange(current, this)),
      begin_(absl::Now()) {}

TransactionScope::~TransactionScope() {
  current = outer_;
  if (observer_ != nullptr) {
    using Outcome = DatabaseObserver::Outcome;
    observer_->Transacted(function_, committed_ ? Outcome::kCommitted : Outcome::kRolledBack,
                          absl::Now() - begin_);
  }
  if (!committed_) return;
  for (const Noted& note : notes_) {
    const LogContext context(note.fields);
    SPDLOG_INFO("{}", note.line);
  }
}

TransactionScope* TransactionScope::Current() { return current; }

void TransactionScope::Note(std::string line, const LogFields& fields) {
  notes_.push_back({std::move(line), fields});
}

void TransactionScope::Executed(const char* sql, absl::Duration took) const {
  if (observer_ != nullptr) observer_->Executed(sql, took);
}

}  // namespace assay
