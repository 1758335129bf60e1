// What a job would do, for people and scripts.
#ifndef ASSAY_CLIENT_COMMANDS_JOB_PLAN_H_
#define ASSAY_CLIENT_COMMANDS_JOB_PLAN_H_

#include "assay/v1/evaluation_service.pb.h"
#include "client/output/console.h"
#include "client/output/record_writer.h"

namespace assay {

// What plans have in common: an estimate of a run's time, a number of tokens behind a mark such as
// "~", and whether any run is asked otherwise than by itself.
Cell DurationCell(double seconds);
Cell TokensCell(const char* mark, int64_t tokens);
bool HasSettings(const google::protobuf::RepeatedPtrField<v1::RunPlan>& runs);

// Each run with its cost; the table is followed by the first prompts.
void WritePlan(const v1::PlanJobResponse& plan, OutputFormat format, const Console& console);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_JOB_PLAN_H_
