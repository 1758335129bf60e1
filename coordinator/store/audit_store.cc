#include "coordinator/store/audit_store.h"

#include "coordinator/store/encoding.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kAdd[] =
    "INSERT INTO audit_log (user_name, token_id, method, object, peer, outcome) "
    "VALUES ($1, nullif($2::bigint, 0), $3, $4, $5, $6)";
constexpr char kList[] =
    "SELECT a.audit_id, extract(epoch FROM a.at), a.user_name, coalesce(a.token_id, 0), "
    "  coalesce(t.name, ''), a.method, a.object, a.peer, a.outcome "
    "FROM audit_log a LEFT JOIN api_tokens t USING (token_id) "
    "WHERE ($1 = '' OR a.user_name = $1) AND ($2 = '' OR strpos(lower(a.method), lower($2)) > 0) "
    "  AND ($3::bigint = 0 OR a.audit_id < $3) "
    "ORDER BY a.audit_id DESC LIMIT $4";

}  // namespace

absl::Status AuditStore::Add(const AuditRecord& record) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    tx.exec_params(kAdd, PlainText(record.user), record.token_id, PlainText(record.method),
                   PlainText(record.object), PlainText(record.peer), record.outcome);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<AuditRecord>> AuditStore::List(const AuditFilter& filter) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<AuditRecord>> {
    std::vector<AuditRecord> records;
    for (const auto& row : tx.exec_params(kList, PlainText(filter.user), PlainText(filter.method),
                                          filter.before_id, filter.limit)) {
      AuditRecord& record = records.emplace_back();
      record.audit_id = row[0].as<int64_t>();
      record.at = DecodeTime(row[1], absl::InfinitePast());
      record.user = row[2].c_str();
      record.token_id = row[3].as<int64_t>();
      record.token_name = row[4].c_str();
      record.method = row[5].c_str();
      record.object = row[6].c_str();
      record.peer = row[7].c_str();
      record.outcome = row[8].c_str();
    }
    return records;
  });
}

}  // namespace assay
