// Estimates for people.
#ifndef ASSAY_CLIENT_COMMANDS_ESTIMATE_TEXT_H_
#define ASSAY_CLIENT_COMMANDS_ESTIMATE_TEXT_H_

#include <string>

#include "assay/v1/estimate.pb.h"
#include "client/output/console.h"
#include "client/output/record_writer.h"

namespace assay {

// "~12:30 from the start to the end, 0.41 device-hours, by 2 workers (cpu/1/amx/1 threads); nine of
// 24 finished runs in ten took 0.85 to 1.20 times as long as estimated". Without workers: that
// there is no estimate.
std::string DescribeEstimate(const v1::Estimate& estimate);
// That line, after an empty one.
void WriteEstimateLine(const v1::Estimate& estimate, const Console& console);
// A row for each model; the table is followed by the line, and JSON has all of the estimate.
void WriteEstimate(const v1::Estimate& estimate, OutputFormat format, const Console& console);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_ESTIMATE_TEXT_H_
