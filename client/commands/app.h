// The command line of `assay`.
#ifndef ASSAY_CLIENT_COMMANDS_APP_H_
#define ASSAY_CLIENT_COMMANDS_APP_H_

#include "client/output/console.h"
#include "common/base/clock.h"

namespace assay {

// Reads the command line and carries it out; the exit code is of exit_code.h.
int RunApp(int argc, const char* const* argv, const Console& console, Clock* clock);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_APP_H_
