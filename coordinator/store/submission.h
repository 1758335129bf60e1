// What makes a submission known when it is sent again because its answer was lost.
#ifndef ASSAY_COORDINATOR_STORE_SUBMISSION_H_
#define ASSAY_COORDINATOR_STORE_SUBMISSION_H_

#include <string>

namespace assay {

struct Submission {
  std::string key = "";             // that the client made; empty: it sends nothing again
  std::string request_sha256 = "";  // of what is asked for, without the key
  std::string owner = "";           // whose job it is; empty: not known
  int priority = 0;                 // of two jobs, that of the higher one goes first
  std::string traceparent = "";     // of the call that submits it; empty: not known
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_SUBMISSION_H_
