// Internal to the store: the statements that SampleStore is made of, for it and for the test that
// asks PostgreSQL how it would run them.
#ifndef ASSAY_COORDINATOR_STORE_SAMPLE_SQL_H_
#define ASSAY_COORDINATOR_STORE_SAMPLE_SQL_H_

#include <string>

#include "absl/strings/string_view.h"
#include "coordinator/store/sample_store.h"

namespace assay {

// The columns of a run's predictions p, scores s and items i that a row shows; SampleStore
// reads them. Of texts the first KiB, or the first 16 where they are to be searched.
std::string SampleColumns(bool whole_texts);
inline constexpr int kSampleColumnCount = 16;

// Rows behind a place, or before it in falling order, of at most $6 scores. Parameters: $1 run, $2
// data set, $3 grader, $4 and $5 the place, $6 rows, $7 and $8 the first and last ordinal, then a
// verdict for each of `verdicts`.
std::string SamplePageSql(int verdicts, bool backwards, bool whole_texts);

// Whether the index on verdicts has those of this one: the others are too many for it.
bool IsIndexed(Verdict verdict);

// The same of those that may pass the filter's `truncated` and `contains`, with whole texts where
// it has the latter; the last parameter is its LikePattern then. Looks at every score from $7 to
// $8, which should be few enough for one statement.
std::string SampleScanSql(int verdicts, bool backwards, const SampleFilter& filter);
std::string LikePattern(absl::string_view contains);

// The same of two runs' scores that differ, within the ordinals from $7 to $8: $1 and $2 the runs,
// $3 and $9 their graders, $4 and $5 the place, $6 rows, $10 the data set.
std::string DifferencePageSql(DifferenceKind kind, bool backwards);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_SAMPLE_SQL_H_
