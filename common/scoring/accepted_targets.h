// The right answers of an item.
#ifndef ASSAY_COMMON_SCORING_ACCEPTED_TARGETS_H_
#define ASSAY_COMMON_SCORING_ACCEPTED_TARGETS_H_

#include <string>
#include <vector>

#include "common/domain/item.h"

namespace assay {

// The target, and those that are as right: the fields "target@2", "target@3" and so on.
std::vector<std::string> AcceptedTargets(const Item& item);

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_ACCEPTED_TARGETS_H_
