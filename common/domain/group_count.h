// The sums that scores are computed from, as they are folded up commit by commit.
#ifndef ASSAY_COMMON_DOMAIN_GROUP_COUNT_H_
#define ASSAY_COMMON_DOMAIN_GROUP_COUNT_H_

#include <cstdint>
#include <string>

namespace assay {

// Of clusters: items that hang together because they share a passage, or the samples of an item.
// With n, c and v a cluster's number of predictions, of right ones, and its sum of Score::value():
struct ClusterCount {
  int64_t clusters = 0;  // 0: not known; every prediction counts as independent
  double n_n = 0;        // the sum over clusters of n * n
  double n_correct = 0;  // of n * c
  double correct_correct = 0;
  double n_values = 0;
  double values_values = 0;
};

// Of the predictions of a run's group that have a verdict, errors included.
struct GroupCount {
  std::string group;
  int64_t items = 0;
  int64_t correct = 0;
  int64_t errors = 0;
  int64_t unanswered = 0;  // verdicts of that name (prediction.h)
  int64_t unparsable = 0;
  double values = 0;          // sum of Score::value()
  double squared_values = 0;  // sum of their squares
  ClusterCount clusters = {};
};

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_GROUP_COUNT_H_
