#include "common/statistics/comparison.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "common/statistics/holm.h"
#include "common/statistics/joint_bootstrap.h"
#include "common/statistics/mean.h"
#include "common/statistics/proportion.h"
#include "common/statistics/quantile.h"

namespace assay {
namespace {

class Comparer {
 public:
  Comparer(const ScoreTable& table, const ComparisonOptions& options)
      : table_(table),
        options_(options),
        binary_(IsBinary(table)),
        weights_(ItemWeights(table)),
        cluster_(table.cluster) {
    if (cluster_.empty()) {
      cluster_.resize(table.items());
      std::iota(cluster_.begin(), cluster_.end(), 0);
    }
    clusters_ = *std::max_element(cluster_.begin(), cluster_.end()) + 1;
  }

  Comparison Compare() const {
    const std::vector<std::vector<double>> resampled =
        JointBootstrap(table_, {options_.resamples, options_.confidence, options_.seed});
    Comparison comparison;
    comparison.models = Models(resampled);
    const size_t models = options_.pairs ? table_.scores.size() : 0;
    for (size_t first = 0; first < models; ++first) {
      for (size_t second = first + 1; second < table_.scores.size(); ++second) {
        comparison.pairs.push_back(Pair(first, second, resampled));
      }
    }
    Correct(comparison.pairs);
    return comparison;
  }

 private:
  std::vector<ComparedModel> Models(const std::vector<std::vector<double>>& resampled) const {
    const std::vector<RankInterval> ranks = RankIntervals(resampled, options_.confidence);
    std::vector<ComparedModel> models;
    for (size_t i = 0; i < table_.scores.size(); ++i) {
      models.push_back({ScoreOf(table_.scores[i]), 0, ranks[i]});
    }
    for (ComparedModel& model : models) {
      model.rank = 1 + static_cast<int>(std::count_if(
                           models.begin(), models.end(), [&](const ComparedModel& other) {
                             return other.score.value > model.score.value;
                           }));
    }
    return models;
  }

  Estimate ScoreOf(const std::vector<double>& scores) const {
    if (!binary_ || !table_.cluster.empty()) return MeanOf(scores);
    std::vector<Count> counts(1);
    for (size_t i = 0; i < scores.size(); ++i) {
      const size_t group = table_.group.empty() ? 0 : table_.group[i];
      if (group >= counts.size()) counts.resize(group + 1);
      ++counts[group].n;
      if (scores[i] == 1) ++counts[group].successes;
    }
    return table_.group.empty() ? EstimateProportion(counts.front(), options_.confidence)
                                : EstimateMacroProportion(counts, options_.confidence);
  }

  Estimate MeanOf(const std::vector<double>& values) const {
    if (!table_.group.empty()) {
      return EstimateClusteredMacroMean(values, table_.group, table_.cluster, options_.confidence);
    }
    return EstimateClusteredMean(values, table_.cluster, options_.confidence);
  }

  ComparedPair Pair(size_t first, size_t second,
                    const std::vector<std::vector<double>>& resampled) const {
    const std::vector<double>& a = table_.scores[first];
    const std::vector<double>& b = table_.scores[second];
    ComparedPair pair;
    pair.first = static_cast<int>(first);
    pair.second = static_cast<int>(second);
    std::vector<double> differences(a.size());
    std::vector<double> of_clusters(clusters_);
    Discordant discordant;
    for (size_t i = 0; i < a.size(); ++i) {
      differences[i] = a[i] - b[i];
      of_clusters[cluster_[i]] += weights_[i] * differences[i];
      if (differences[i] > 0) ++discordant.first;
      if (differences[i] < 0) ++discordant.second;
    }
    pair.difference = MeanOf(differences);
    pair.permutation = SignFlipTest(of_clusters, {options_.permutations, options_.seed});
    std::vector<double> changes(resampled[first].size());
    for (size_t i = 0; i < changes.size(); ++i) {
      changes[i] = resampled[first][i] - resampled[second][i];
    }
    pair.bootstrap = CentralInterval(options_.confidence, changes);
    if (binary_) {
      pair.discordant = discordant;
      pair.mcnemar = McNemarExact(discordant);
      pair.mcnemar_corrected = McNemarCorrected(discordant);
    }
    return pair;
  }

  static void Correct(std::vector<ComparedPair>& pairs) {
    std::vector<double> permutation;
    std::vector<double> mcnemar;
    for (const ComparedPair& pair : pairs) {
      permutation.push_back(pair.permutation.p_value);
      mcnemar.push_back(pair.mcnemar);
    }
    permutation = AdjustHolm(permutation);
    mcnemar = AdjustHolm(mcnemar);
    for (size_t i = 0; i < pairs.size(); ++i) {
      pairs[i].permutation_holm = permutation[i];
      pairs[i].mcnemar_holm = mcnemar[i];
    }
  }

  const ScoreTable& table_;
  const ComparisonOptions& options_;
  const bool binary_;
  const std::vector<double> weights_;
  std::vector<int32_t> cluster_;
  int32_t clusters_ = 0;
};

}  // namespace

absl::StatusOr<Comparison> CompareModels(const ScoreTable& table,
                                         const ComparisonOptions& options) {
  if (absl::Status status = CheckScoreTable(table); !status.ok()) return status;
  return Comparer(table, options).Compare();
}

}  // namespace assay
