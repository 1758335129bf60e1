// Scores, their uncertainty and p-values as cells: the number itself for JSON and CSV, rounded in
// tables. A number that is not defined (NaN) is null, "-" in tables.
#ifndef ASSAY_CLIENT_OUTPUT_SCORE_CELLS_H_
#define ASSAY_CLIENT_OUTPUT_SCORE_CELLS_H_

#include "client/output/record_writer.h"

namespace assay {

Json NumberJson(double value);

Cell PercentCell(double value);                    // 0.4123 is "41.23"
Cell PointsCell(double value);                     // 0.0123 is "+1.23"
Cell IntervalCell(double low, double high);        // the value is `low`; "38.10–44.42"
Cell SignedIntervalCell(double low, double high);  // the value is `low`; "-0.51 … +2.98"
Cell ProbabilityCell(double p);                    // "0.0312"; below 0.0001 it is "<0.0001"

}  // namespace assay

#endif  // ASSAY_CLIENT_OUTPUT_SCORE_CELLS_H_
