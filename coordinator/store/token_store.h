// The tokens of the API, as digests.
#ifndef ASSAY_COORDINATOR_STORE_TOKEN_STORE_H_
#define ASSAY_COORDINATOR_STORE_TOKEN_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/domain/principal.h"
#include "coordinator/store/database.h"

namespace assay {

struct ApiToken {
  int64_t token_id = 0;
  std::string name = {};    // unique among all that ever were
  std::string lookup = {};  // of the token, the part that is no secret
  std::string sha256 = {};  // of the whole token
  std::string user = {};
  RoleSet roles = {};
  std::vector<std::string> methods = {};  // patterns of methods; empty: all
  std::string created_by = {};
  absl::Time created = absl::InfinitePast();
  absl::Time expires = absl::InfiniteFuture();
  absl::Time revoked = absl::InfiniteFuture();  // InfiniteFuture: it is not
  absl::Time last_used = absl::InfinitePast();  // InfinitePast: never; to the minute
  // By the database's clock, at the moment of reading.
  absl::Duration valid_for = absl::ZeroDuration();  // zero: revoked, or over
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class TokenStore {
 public:
  explicit TokenStore(Database* database) : database_(database) {}

  // Stores the token, which is valid from now for `lifetime`. AlreadyExists when there is, or was,
  // one of that name.
  absl::StatusOr<int64_t> Create(const ApiToken& token, absl::Duration lifetime);
  // In the order in which they were made.
  absl::StatusOr<std::vector<ApiToken>> List();
  // NotFound when there is none of that name; to revoke one again changes nothing.
  absl::Status Revoke(const std::string& name);
  // NotFound when there is none. Notes that the token is used.
  absl::StatusOr<ApiToken> Find(const std::string& lookup);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_TOKEN_STORE_H_
