// DROP's own metrics (Dua et al., 2019, section 5): exact match and a numeracy-aware F1 over bags
// of words, as its authors' evaluation computes them.
#ifndef ASSAY_COMMON_SCORING_DROP_METRICS_H_
#define ASSAY_COMMON_SCORING_DROP_METRICS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace assay {

// A span as it is compared: cut at spaces and hyphens; each part in lower case, without ASCII
// punctuation unless it is a number, numbers as Python prints a float, without the articles a, an
// and the; empty parts dropped, the others with one space between them.
std::string NormalizeDropSpan(absl::string_view span);

struct DropScore {
  double exact_match = 0;  // 0 or 1
  double f1 = 0;           // in [0, 1], rounded to hundredths
};

// One answer's spans against those of one reference; neither is empty. Exact match: the same number
// of spans, and the same set of normalized ones. F1: the mean over the spans of the side that has
// more, each aligned with at most one of the other side so that the sum is greatest; a pair counts
// 0 when the reference's span has numbers and shares none with the other.
DropScore ScoreDropSpans(absl::Span<const std::string> predicted,
                         absl::Span<const std::string> reference);

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_DROP_METRICS_H_
