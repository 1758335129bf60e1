// What a command that changes something did: a sentence for people, or values for programs.
//
//   AddOutcomeFormat(command, context);
//   ...
//   TellOutcome(context, absl::StrCat("job ", job, " goes on"), {{"job_id", job}, {"paused",
//   false}});
#ifndef ASSAY_CLIENT_COMMANDS_OUTCOME_H_
#define ASSAY_CLIENT_COMMANDS_OUTCOME_H_

#include <string>

#include "client/commands/context.h"

namespace assay {

// Adds --format, which decides what TellOutcome writes for this command.
void AddOutcomeFormat(CLI::App* command, CommandContext& context);

// Writes the sentence, which has no control characters, and a line break; or `values`, an object of
// plain values and arrays, as JSON, or as CSV with its keys as header.
void TellOutcome(const CommandContext& context, const std::string& sentence, const Json& values);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_OUTCOME_H_
