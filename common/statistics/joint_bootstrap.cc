#include "common/statistics/joint_bootstrap.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>

#include "common/statistics/count_bits.h"
#include "common/statistics/random.h"

namespace assay {
namespace {

// The items in order of group, the items of each group from a multiple of 64 on, and the clusters
// numbered in order of group.
struct Layout {
  struct Group {
    size_t first_item, items;  // positions
    size_t first_cluster, clusters;
    size_t Words() const { return (items + 63) / 64; }
    size_t FirstWord() const { return first_item / 64; }
  };
  std::vector<Group> groups;
  std::vector<int64_t> item;     // of each position; -1: none
  std::vector<int32_t> cluster;  // of each position, in the new numbers; 0 where there is none
};

Layout MakeLayout(const ScoreTable& table) {
  const auto items = static_cast<size_t>(table.items());
  const auto group_of = [&](size_t i) { return table.group.empty() ? 0 : table.group[i]; };
  const auto cluster_of = [&](size_t i) {
    return table.cluster.empty() ? static_cast<int32_t>(i) : table.cluster[i];
  };
  std::vector<size_t> order(items);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (group_of(a) != group_of(b)) return group_of(a) < group_of(b);
    return cluster_of(a) < cluster_of(b);
  });
  Layout layout;
  int32_t clusters = 0;
  for (size_t k = 0; k < items; ++k) {
    const size_t i = order[k];
    const bool new_group = k == 0 || group_of(i) != group_of(order[k - 1]);
    if (new_group || cluster_of(i) != cluster_of(order[k - 1])) ++clusters;
    if (new_group) {
      layout.item.resize((layout.item.size() + 63) / 64 * 64, -1);
      layout.groups.push_back({layout.item.size(), 0, static_cast<size_t>(clusters) - 1, 0});
    }
    layout.item.push_back(static_cast<int64_t>(i));
    Layout::Group& group = layout.groups.back();
    group.items = layout.item.size() - group.first_item;
    group.clusters = static_cast<size_t>(clusters) - group.first_cluster;
    layout.cluster.resize(layout.item.size(), 0);
    layout.cluster.back() = clusters - 1;
  }
  layout.item.resize((layout.item.size() + 63) / 64 * 64, -1);
  layout.cluster.resize(layout.item.size(), 0);
  return layout;
}

// How often each position is drawn. A count fits a byte: that one of more than 255 clusters is
// drawn more than 255 times in as many draws has a probability below 1 / 255!.
class Resampler {
 public:
  Resampler(const Layout& layout, uint64_t seed)
      : layout_(layout), random_(seed), weights_(layout.item.size(), 0) {
    const Layout::Group& last = layout.groups.back();
    of_clusters_.resize(last.first_cluster + last.clusters);
  }

  const std::vector<uint8_t>& Draw() {
    std::fill(of_clusters_.begin(), of_clusters_.end(), 0);
    for (const Layout::Group& group : layout_.groups) {
      uint8_t* clusters = &of_clusters_[group.first_cluster];
      for (size_t i = 0; i < group.clusters; ++i) ++clusters[random_.Below(group.clusters)];
      for (size_t i = group.first_item; i < group.first_item + group.items; ++i) {
        weights_[i] = of_clusters_[layout_.cluster[i]];
      }
    }
    return weights_;
  }

 private:
  const Layout& layout_;
  Random random_;
  std::vector<uint8_t> of_clusters_;
  std::vector<uint8_t> weights_;
};

// Bit i of the result: bit `bit` of bytes[i].
uint64_t GatherBits(const uint8_t* bytes, int bit) {
  uint64_t gathered = 0;
  for (int part = 0; part < 8; ++part) {
    uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word |= static_cast<uint64_t>(bytes[8 * part + i]) << (8 * i);
    word = (word >> bit) & 0x0101010101010101;
    gathered |= ((word * 0x0102040810204080) >> 56) << (8 * part);
  }
  return gathered;
}

// The mean over the groups, from each group's sum and weight.
class MeanOfGroups {
 public:
  void Add(double sum, int64_t weight) {
    sum_ += sum / static_cast<double>(weight);
    ++groups_;
  }
  double Value() const { return sum_ / groups_; }

 private:
  double sum_ = 0;
  double groups_ = 0;
};

int64_t WeightOf(const Layout::Group& group, const std::vector<uint8_t>& weights) {
  const auto first = weights.begin() + static_cast<std::ptrdiff_t>(group.first_item);
  return std::accumulate(first, first + static_cast<std::ptrdiff_t>(group.items), int64_t{0});
}

// Scores of 0 and 1: a group's sum is the number of bits that a model's verdicts share with each
// binary digit of the weights.
class VerdictScorer {
 public:
  VerdictScorer(const ScoreTable& table, const Layout& layout) : layout_(layout) {
    for (const std::vector<double>& scores : table.scores) {
      std::vector<uint64_t>& bits = verdicts_.emplace_back(layout.item.size() / 64, 0);
      for (size_t i = 0; i < layout.item.size(); ++i) {
        if (layout.item[i] >= 0 && scores[layout.item[i]] == 1) {
          bits[i / 64] |= uint64_t{1} << (i % 64);
        }
      }
    }
  }

  void Score(const std::vector<uint8_t>& weights, std::vector<std::vector<double>>& means) {
    const int digits =
        std::bit_width(static_cast<unsigned>(*std::max_element(weights.begin(), weights.end())));
    for (int digit = 0; digit < digits; ++digit) {
      planes_[digit].resize(layout_.item.size() / 64);
      for (size_t word = 0; word < planes_[digit].size(); ++word) {
        planes_[digit][word] = GatherBits(&weights[64 * word], digit);
      }
    }
    std::vector<int64_t> totals;
    for (const Layout::Group& group : layout_.groups) totals.push_back(WeightOf(group, weights));
    for (size_t model = 0; model < verdicts_.size(); ++model) {
      MeanOfGroups mean;
      for (size_t g = 0; g < layout_.groups.size(); ++g) {
        int64_t sum = 0;
        for (int digit = 0; digit < digits; ++digit) {
          sum += CountShared(layout_.groups[g], verdicts_[model], planes_[digit]) << digit;
        }
        mean.Add(static_cast<double>(sum), totals[g]);
      }
      means[model].push_back(mean.Value());
    }
  }

 private:
  static int64_t CountShared(const Layout::Group& group, const std::vector<uint64_t>& a,
                             const std::vector<uint64_t>& b) {
    int64_t count = 0;
    const size_t end = group.FirstWord() + group.Words();
    for (size_t i = group.FirstWord(); i < end; ++i) count += CountBits(a[i] & b[i]);
    return count;
  }

  const Layout& layout_;
  std::vector<std::vector<uint64_t>> verdicts_;  // [model][word]
  std::array<std::vector<uint64_t>, 8> planes_;  // [digit of the weights][word]
};

// Scores of any size.
class NumberScorer {
 public:
  NumberScorer(const ScoreTable& table, const Layout& layout) : layout_(layout) {
    for (const std::vector<double>& scores : table.scores) {
      std::vector<double>& placed = scores_.emplace_back(layout.item.size(), 0);
      for (size_t i = 0; i < layout.item.size(); ++i) {
        if (layout.item[i] >= 0) placed[i] = scores[layout.item[i]];
      }
    }
  }

  void Score(const std::vector<uint8_t>& weights, std::vector<std::vector<double>>& means) {
    for (size_t model = 0; model < scores_.size(); ++model) {
      MeanOfGroups mean;
      for (const Layout::Group& group : layout_.groups) {
        double sum = 0;
        for (size_t i = group.first_item; i < group.first_item + group.items; ++i) {
          sum += weights[i] * scores_[model][i];
        }
        mean.Add(sum, WeightOf(group, weights));
      }
      means[model].push_back(mean.Value());
    }
  }

 private:
  const Layout& layout_;
  std::vector<std::vector<double>> scores_;  // [model][position]
};

template <typename Scorer>
std::vector<std::vector<double>> Run(const ScoreTable& table, const BootstrapOptions& options) {
  const Layout layout = MakeLayout(table);
  Resampler resampler(layout, options.seed);
  Scorer scorer(table, layout);
  std::vector<std::vector<double>> means(table.scores.size());
  for (int i = 0; i < options.resamples; ++i) scorer.Score(resampler.Draw(), means);
  return means;
}

}  // namespace

std::vector<std::vector<double>> JointBootstrap(const ScoreTable& table,
                                                const BootstrapOptions& options) {
  return IsBinary(table) ? Run<VerdictScorer>(table, options) : Run<NumberScorer>(table, options);
}

}  // namespace assay
