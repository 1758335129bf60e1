// What exports and imports ask of a coordinator.
#ifndef ASSAY_CLIENT_COMMANDS_EXCHANGE_SERVICE_H_
#define ASSAY_CLIENT_COMMANDS_EXCHANGE_SERVICE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "assay/v1/evaluation_service.pb.h"
#include "client/commands/runs_name.h"
#include "client/commands/service.h"
#include "client/exchange/export.h"
#include "client/exchange/import.h"

namespace assay {

// The items of a data set, in order.
absl::StatusOr<std::vector<v1::Item>> FetchItems(Service& service, const v1::DatasetInfo& dataset);
// What there is to export; `service` must outlive it.
absl::StatusOr<ExportSource> MakeExportSource(Service& service, const RunsName& name);
// Carries out an import: `produce` sends its messages.
absl::StatusOr<v1::ImportRunsResponse> CallImport(
    Service& service, const std::function<absl::Status(const SendImport&)>& produce);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_EXCHANGE_SERVICE_H_
