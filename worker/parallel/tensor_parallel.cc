#include "worker/parallel/tensor_parallel.h"

#include <algorithm>

namespace assay {

std::vector<int64_t> PanelBounds(int64_t columns, int64_t panel, int64_t shares) {
  const int64_t panels = (columns + panel - 1) / panel;
  std::vector<int64_t> bounds;
  for (int64_t i = 0; i <= shares; ++i) {
    bounds.push_back(std::min(columns, Share{i, shares}.First(panels) * panel));
  }
  return bounds;
}

}  // namespace assay
