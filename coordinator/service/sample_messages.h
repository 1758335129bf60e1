// Pages of samples and differences, between their messages and the store.
#ifndef ASSAY_COORDINATOR_SERVICE_SAMPLE_MESSAGES_H_
#define ASSAY_COORDINATOR_SERVICE_SAMPLE_MESSAGES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "assay/v1/browse_service.pb.h"
#include "coordinator/store/sample_store.h"

namespace assay {

// InvalidArgument names the field.
absl::StatusOr<SampleFilter> ReadSampleFilter(const v1::ListSamplesRequest& request);
absl::StatusOr<DifferenceFilter> ReadDifferenceFilter(const v1::ListDifferencesRequest& request);
absl::StatusOr<SamplePage> ReadSamplePage(const v1::ListSamplesRequest& request);
absl::StatusOr<SamplePage> ReadSamplePage(const v1::ListDifferencesRequest& request);

v1::ListSamplesResponse MakeSamples(const SampleRows& rows);
v1::ListDifferencesResponse MakeDifferences(const DifferenceRows& rows);

// With U+FFFD for each byte that is no UTF-8.
std::string PlainUtf8(absl::string_view text);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_SAMPLE_MESSAGES_H_
