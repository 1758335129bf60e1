#include "coordinator/store/token_store.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kCreate[] =
    "INSERT INTO api_tokens (name, lookup, sha256, user_name, roles, methods, created_by, expires) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8)) "
    "ON CONFLICT (name) DO NOTHING RETURNING token_id";
constexpr char kColumns[] =
    "SELECT token_id, name, lookup, sha256, user_name, roles, methods, created_by, "
    "  extract(epoch FROM created), extract(epoch FROM expires), extract(epoch FROM revoked), "
    "  extract(epoch FROM last_used), "
    "  CASE WHEN revoked IS NOT NULL THEN 0 WHEN expires IS NOT NULL "
    "    THEN greatest(0, extract(epoch FROM expires - now())) END, "
    "  coalesce(last_used < now() - interval '1 minute', true) "
    "FROM api_tokens ";
constexpr char kRevoke[] =
    "UPDATE api_tokens SET revoked = coalesce(revoked, now()) WHERE name = $1";
constexpr char kUsed[] = "UPDATE api_tokens SET last_used = now() WHERE token_id = $1";
// "Never", as a number of seconds that PostgreSQL can add to a moment.
constexpr double kNever = 100.0 * 366 * 86400;

absl::StatusOr<ApiToken> ReadToken(const pqxx::row& row) {
  ApiToken token;
  token.token_id = row[0].as<int64_t>();
  token.name = row[1].c_str();
  token.lookup = row[2].c_str();
  token.sha256 = row[3].c_str();
  token.user = row[4].c_str();
  ASSAY_ASSIGN_OR_RETURN(token.roles, RoleSet::Parse(row[5].c_str()));
  token.methods = absl::StrSplit(row[6].c_str(), ',', absl::SkipEmpty());
  token.created_by = row[7].c_str();
  token.created = DecodeTime(row[8], absl::InfinitePast());
  token.expires = DecodeTime(row[9], absl::InfiniteFuture());
  token.revoked = DecodeTime(row[10], absl::InfiniteFuture());
  token.last_used = DecodeTime(row[11], absl::InfinitePast());
  token.valid_for =
      row[12].is_null() ? absl::InfiniteDuration() : absl::Seconds(row[12].as<double>());
  return token;
}

}  // namespace

absl::StatusOr<int64_t> TokenStore::Create(const ApiToken& token, absl::Duration lifetime) {
  const bool ends = absl::ToDoubleSeconds(lifetime) < kNever;
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<int64_t> {
    const std::string seconds = absl::StrCat(ends ? absl::ToDoubleSeconds(lifetime) : 0);
    const pqxx::result rows = tx.exec_params(
        kCreate, PlainText(token.name), token.lookup, token.sha256, PlainText(token.user),
        token.roles.ToString(), PlainText(absl::StrJoin(token.methods, ",")),
        PlainText(token.created_by), ends ? seconds.c_str() : nullptr);
    if (rows.empty()) {
      return absl::AlreadyExistsError(
          absl::StrCat("there is, or was, a token \"", token.name, "\" already"));
    }
    return rows[0][0].as<int64_t>();
  });
}

absl::StatusOr<std::vector<ApiToken>> TokenStore::List() {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<ApiToken>> {
    std::vector<ApiToken> tokens;
    for (const auto& row : tx.exec(absl::StrCat(kColumns, "ORDER BY token_id"))) {
      ASSAY_ASSIGN_OR_RETURN(ApiToken token, ReadToken(row));
      tokens.push_back(std::move(token));
    }
    return tokens;
  });
}

absl::Status TokenStore::Revoke(const std::string& name) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    if (tx.exec_params(kRevoke, PlainText(name)).affected_rows() > 0) return absl::OkStatus();
    return absl::NotFoundError(absl::StrCat("there is no token \"", name, "\""));
  });
}

absl::StatusOr<ApiToken> TokenStore::Find(const std::string& lookup) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<ApiToken> {
    const pqxx::result rows =
        tx.exec_params(absl::StrCat(kColumns, "WHERE lookup = $1"), PlainText(lookup));
    if (rows.empty()) return absl::NotFoundError("there is no such token");
    ASSAY_ASSIGN_OR_RETURN(ApiToken token, ReadToken(rows[0]));
    const bool is_due = rows[0][13].as<bool>();
    if (is_due && token.valid_for > absl::ZeroDuration()) tx.exec_params(kUsed, token.token_id);
    return token;
  });
}

}  // namespace assay
