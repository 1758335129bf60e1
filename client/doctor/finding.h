// What a check of a deployment found, and what to do about it.
#ifndef ASSAY_CLIENT_DOCTOR_FINDING_H_
#define ASSAY_CLIENT_DOCTOR_FINDING_H_

#include <string>
#include <vector>

namespace assay {

enum class Level {
  kOk,
  kNote,     // good to know
  kWarning,  // works, and will not always
  kProblem,  // does not work, or results can be lost
};

struct Finding {
  Level level = Level::kOk;
  std::string subject;  // "coordinator a:7420", "database", "workers", "this machine"
  std::string text;
  std::string advice = "";  // empty where there is nothing to do
};

using Findings = std::vector<Finding>;

inline const char* LevelName(Level level) {
  switch (level) {
    case Level::kOk:
      return "ok";
    case Level::kNote:
      return "note";
    case Level::kWarning:
      return "warning";
    case Level::kProblem:
      return "problem";
  }
  return "";
}

}  // namespace assay

#endif  // ASSAY_CLIENT_DOCTOR_FINDING_H_
