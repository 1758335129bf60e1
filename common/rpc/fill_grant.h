// Messages that are filled where they are, such as in an arena, where an assignment would copy.
#ifndef ASSAY_COMMON_RPC_FILL_GRANT_H_
#define ASSAY_COMMON_RPC_FILL_GRANT_H_

#include "assay/v1/types.pb.h"
#include "assay/v1/worker_service.pb.h"
#include "common/domain/item.h"
#include "common/domain/worker.h"

namespace assay {

// As ToProto (convert.h), into an empty message.
void FillItem(const Item& item, v1::Item* proto);
void FillGrant(const Lease& lease, v1::LeaseGrant* proto);

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_FILL_GRANT_H_
