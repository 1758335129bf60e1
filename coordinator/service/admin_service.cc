#include "coordinator/service/admin_service.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "common/rpc/timestamp.h"
#include "coordinator/security/new_token.h"
#include "coordinator/service/caller.h"

namespace assay {
namespace {

constexpr int kDefaultEntries = 100;
constexpr int kMostEntries = 10'000;
constexpr double kLongestLifetime = 100.0 * 365 * 86400;

absl::StatusOr<TokenRequest> Read(const v1::CreateTokenRequest& request) {
  TokenRequest token;
  token.name = request.name();
  token.user = request.user();
  for (int i = 0; i < request.roles_size(); ++i) {
    ASSAY_ASSIGN_OR_RETURN(const Role role,
                           EnumFromProto<Role>("roles", request.roles(i), v1::Role_IsValid));
    token.roles.Add(role);
  }
  token.methods.assign(request.methods().begin(), request.methods().end());
  const double seconds = request.lifetime_seconds();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kLongestLifetime) {
    return FieldError("lifetime_seconds", "must be a number of seconds of at most 100 years");
  }
  if (seconds > 0) token.lifetime = absl::Seconds(seconds);
  return token;
}

template <typename Proto>
void SetRoles(const RoleSet& roles, Proto* proto) {
  for (const Role role : roles.List()) proto->add_roles(EnumToProto<v1::Role>(role));
}

v1::Token Make(const ApiToken& token) {
  v1::Token proto;
  proto.set_name(token.name);
  proto.set_user(token.user);
  SetRoles(token.roles, &proto);
  for (const std::string& method : token.methods) proto.add_methods(method);
  proto.set_created_by(token.created_by);
  SetTimestamp(token.created, proto.mutable_created());
  if (token.expires != absl::InfiniteFuture()) SetTimestamp(token.expires, proto.mutable_expires());
  if (token.revoked != absl::InfiniteFuture()) SetTimestamp(token.revoked, proto.mutable_revoked());
  if (token.last_used != absl::InfinitePast()) {
    SetTimestamp(token.last_used, proto.mutable_last_used());
  }
  proto.set_valid(token.valid_for > absl::ZeroDuration());
  proto.set_lookup(token.lookup);
  return proto;
}

absl::StatusOr<Quota> Read(const v1::Quota& proto) {
  if (proto.user() != kEveryUser) ASSAY_RETURN_IF_ERROR(CheckPrincipalName("user", proto.user()));
  Quota quota{.user = proto.user()};
  if (proto.has_queued_items()) quota.queued_items = proto.queued_items();
  if (proto.has_open_jobs()) quota.open_jobs = proto.open_jobs();
  if (proto.has_stored_items()) quota.stored_items = proto.stored_items();
  for (const auto& limit : {quota.queued_items, quota.open_jobs, quota.stored_items}) {
    ASSAY_RETURN_IF_ERROR(CheckAtLeast("quota", limit.value_or(0), 0));
  }
  if (proto.has_weight()) quota.weight = proto.weight();
  if (!std::isfinite(quota.weight) || quota.weight <= 0 || quota.weight > kMostWeight) {
    return FieldError("weight", absl::StrCat("must be above 0 and at most ", kMostWeight));
  }
  if (proto.has_most_shards()) quota.most_shards = proto.most_shards();
  if (proto.has_most_workers()) quota.most_workers = proto.most_workers();
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("most_shards", quota.most_shards.value_or(1), 1));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("most_workers", quota.most_workers.value_or(1), 1));
  return quota;
}

v1::QuotaUse Make(const QuotaAndUse& quota) {
  v1::QuotaUse proto;
  proto.mutable_quota()->set_user(quota.quota.user);
  if (const auto limit = quota.quota.queued_items) proto.mutable_quota()->set_queued_items(*limit);
  if (const auto limit = quota.quota.open_jobs) proto.mutable_quota()->set_open_jobs(*limit);
  if (const auto limit = quota.quota.stored_items) proto.mutable_quota()->set_stored_items(*limit);
  if (quota.quota.weight != 1) proto.mutable_quota()->set_weight(quota.quota.weight);
  if (const auto limit = quota.quota.most_shards) proto.mutable_quota()->set_most_shards(*limit);
  if (const auto limit = quota.quota.most_workers) proto.mutable_quota()->set_most_workers(*limit);
  proto.set_leased_shards(quota.use.leased_shards);
  proto.set_workers(quota.use.workers);
  proto.set_queued_items(quota.use.queued_items);
  proto.set_open_jobs(quota.use.open_jobs);
  proto.set_stored_items(quota.use.stored_items);
  return proto;
}

v1::AuditEntry Make(const AuditRecord& record) {
  v1::AuditEntry proto;
  proto.set_audit_id(record.audit_id);
  SetTimestamp(record.at, proto.mutable_at());
  proto.set_user(record.user);
  proto.set_token_name(record.token_name);
  proto.set_method(record.method);
  proto.set_object(record.object);
  proto.set_peer(record.peer);
  proto.set_outcome(record.outcome);
  return proto;
}

absl::StatusOr<std::string> Create(TokenStore& tokens, const grpc::ServerContext& context,
                                   const v1::CreateTokenRequest& request) {
  ASSAY_ASSIGN_OR_RETURN(const Principal caller, CallerOf(context));
  ASSAY_ASSIGN_OR_RETURN(TokenRequest token, Read(request));
  token.created_by = caller.user;
  return CreateToken(tokens, token);
}

}  // namespace

grpc::Status AdminServiceImpl::CreateToken(grpc::ServerContext* context,
                                           const v1::CreateTokenRequest* request,
                                           v1::CreateTokenResponse* response) {
  absl::StatusOr<std::string> token = Create(*tokens_, *context, *request);
  if (!token.ok()) return ToGrpcStatus(token.status());
  response->set_token(*std::move(token));
  return grpc::Status::OK;
}

grpc::Status AdminServiceImpl::ListTokens(grpc::ServerContext*, const v1::ListTokensRequest*,
                                          v1::ListTokensResponse* response) {
  const absl::StatusOr<std::vector<ApiToken>> tokens = tokens_->List();
  if (!tokens.ok()) return ToGrpcStatus(tokens.status());
  for (const ApiToken& token : *tokens) *response->add_tokens() = Make(token);
  return grpc::Status::OK;
}

grpc::Status AdminServiceImpl::RevokeToken(grpc::ServerContext*,
                                           const v1::RevokeTokenRequest* request,
                                           v1::RevokeTokenResponse*) {
  const absl::Status named = CheckPrincipalName("name", request->name());
  return ToGrpcStatus(named.ok() ? tokens_->Revoke(request->name()) : named);
}

grpc::Status AdminServiceImpl::SetQuota(grpc::ServerContext*, const v1::SetQuotaRequest* request,
                                        v1::SetQuotaResponse*) {
  const absl::StatusOr<Quota> quota = Read(request->quota());
  const absl::Status set = quota.ok() ? quotas_->Set(*quota) : quota.status();
  if (set.ok()) pending_->Notify();
  return ToGrpcStatus(set);
}

grpc::Status AdminServiceImpl::ListQuotas(grpc::ServerContext*, const v1::ListQuotasRequest*,
                                          v1::ListQuotasResponse* response) {
  const absl::StatusOr<std::vector<QuotaAndUse>> quotas = quotas_->List();
  if (!quotas.ok()) return ToGrpcStatus(quotas.status());
  for (const QuotaAndUse& quota : *quotas) *response->add_quotas() = Make(quota);
  return grpc::Status::OK;
}

grpc::Status AdminServiceImpl::ListAuditLog(grpc::ServerContext*,
                                            const v1::ListAuditLogRequest* request,
                                            v1::ListAuditLogResponse* response) {
  const int limit = request->limit() == 0 ? kDefaultEntries : request->limit();
  if (limit < 0 || limit > kMostEntries) {
    return {grpc::StatusCode::INVALID_ARGUMENT,
            absl::StrCat("limit: must be between 0 and ", kMostEntries)};
  }
  const absl::StatusOr<std::vector<AuditRecord>> records =
      audit_->List({.user = request->user(),
                    .method = request->method(),
                    .before_id = request->before_id(),
                    .limit = limit});
  if (!records.ok()) return ToGrpcStatus(records.status());
  for (const AuditRecord& record : *records) *response->add_entries() = Make(record);
  return grpc::Status::OK;
}

grpc::Status AdminServiceImpl::GetCaller(grpc::ServerContext* context, const v1::GetCallerRequest*,
                                         v1::GetCallerResponse* response) {
  const absl::StatusOr<Principal> caller = CallerOf(*context);
  if (!caller.ok()) return ToGrpcStatus(caller.status());
  response->set_user(caller->user);
  SetRoles(caller->roles, response);
  return grpc::Status::OK;
}

}  // namespace assay
