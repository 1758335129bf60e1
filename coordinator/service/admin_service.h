// The RPCs of administrators: tokens, quotas, the audit log.
#ifndef ASSAY_COORDINATOR_SERVICE_ADMIN_SERVICE_H_
#define ASSAY_COORDINATOR_SERVICE_ADMIN_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "assay/v1/admin_service.grpc.pb.h"
#include "coordinator/lease/work_signal.h"
#include "coordinator/store/audit_store.h"
#include "coordinator/store/quota_store.h"
#include "coordinator/store/token_store.h"

namespace assay {

// Thread-safe. The stores outlive it.
class AdminServiceImpl final : public v1::AdminService::Service {
 public:
  // The parts outlive it. `pending` is told when more or less may be leased than before.
  AdminServiceImpl(TokenStore* tokens, QuotaStore* quotas, AuditStore* audit, WorkSignal* pending)
      : tokens_(tokens), quotas_(quotas), audit_(audit), pending_(pending) {}

  grpc::Status CreateToken(grpc::ServerContext* context, const v1::CreateTokenRequest* request,
                           v1::CreateTokenResponse* response) override;
  grpc::Status ListTokens(grpc::ServerContext* context, const v1::ListTokensRequest* request,
                          v1::ListTokensResponse* response) override;
  grpc::Status RevokeToken(grpc::ServerContext* context, const v1::RevokeTokenRequest* request,
                           v1::RevokeTokenResponse* response) override;
  grpc::Status SetQuota(grpc::ServerContext* context, const v1::SetQuotaRequest* request,
                        v1::SetQuotaResponse* response) override;
  grpc::Status ListQuotas(grpc::ServerContext* context, const v1::ListQuotasRequest* request,
                          v1::ListQuotasResponse* response) override;
  grpc::Status ListAuditLog(grpc::ServerContext* context, const v1::ListAuditLogRequest* request,
                            v1::ListAuditLogResponse* response) override;
  grpc::Status GetCaller(grpc::ServerContext* context, const v1::GetCallerRequest* request,
                         v1::GetCallerResponse* response) override;

 private:
  TokenStore* const tokens_;
  QuotaStore* const quotas_;
  AuditStore* const audit_;
  WorkSignal* const pending_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_ADMIN_SERVICE_H_
