// What a job would do, for people and scripts.
#ifndef ASSAY_CLIENT_COMMANDS_JOB_PLAN_H_
#define ASSAY_CLIENT_COMMANDS_JOB_PLAN_H_

#include "assay/v1/evaluation_service.pb.h"
#include "client/output/console.h"
#include "client/output/record_writer.h"

namespace assay {

// Each run with its cost; the table is followed by the first prompts.
void WritePlan(const v1::PlanJobResponse& plan, OutputFormat format, const Console& console);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_JOB_PLAN_H_
