// What a sweep would do, and what was done before.
#ifndef ASSAY_CLIENT_COMMANDS_SWEEP_PLAN_H_
#define ASSAY_CLIENT_COMMANDS_SWEEP_PLAN_H_

#include "assay/v1/evaluation_service.pb.h"
#include "client/output/console.h"
#include "client/output/record_writer.h"

namespace assay {

// A row for each run, with its cost or the run that exists; the table is followed by the sums.
void WriteSweepPlan(const v1::PlanSweepResponse& plan, OutputFormat format, const Console& console);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_SWEEP_PLAN_H_
