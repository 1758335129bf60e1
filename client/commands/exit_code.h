// What the program's exit status means to a script; `assay --help` prints the same.
#ifndef ASSAY_CLIENT_COMMANDS_EXIT_CODE_H_
#define ASSAY_CLIENT_COMMANDS_EXIT_CODE_H_

namespace assay {

enum ExitCode {
  kExitOk = 0,
  kExitFailed = 1,  // the job failed, was cancelled, or has items stored as an error; or something
                    // else went wrong
  kExitUsage = 2,   // the command line or its input
  kExitUnreachable = 3,  // the service, or its database
  kExitNotFound = 4,     // what the command names
  kExitDetached = 130,   // Ctrl-C; a job that was watched goes on
};

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_EXIT_CODE_H_
