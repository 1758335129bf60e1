// Internal to the store: the rows of SampleStore's statements, and what is looked for in them.
#ifndef ASSAY_COORDINATOR_STORE_SAMPLE_ROWS_H_
#define ASSAY_COORDINATOR_STORE_SAMPLE_ROWS_H_

#include <cstddef>
#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/domain/item.h"
#include "coordinator/store/sample_store.h"

namespace assay {

// A row as it is read, with its whole texts where the statement gave them.
struct SampleRead {
  SampleSummary summary;
  Item item;
  size_t bytes = 0;
};

// Of the columns from `first`, as SampleColumns has them; the place is in the first two.
absl::StatusOr<SampleRead> ReadSample(const pqxx::row& row, int first);

// Whether the filter's `truncated`, `group` and `matches` keep the row.
bool Matches(const SampleFilter& filter, const SampleRead& row);

// The summary as it is shown.
SampleSummary CutTexts(SampleRead row);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_SAMPLE_ROWS_H_
