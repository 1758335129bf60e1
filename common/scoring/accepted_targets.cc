#include "common/scoring/accepted_targets.h"

#include "absl/strings/str_cat.h"

namespace assay {

std::vector<std::string> AcceptedTargets(const Item& item) {
  std::vector<std::string> targets = {item.target};
  while (true) {
    const auto field = item.fields.find(absl::StrCat("target@", targets.size() + 1));
    if (field == item.fields.end()) return targets;
    targets.push_back(field->second);
  }
}

}  // namespace assay
