#include "common/statistics/score_table.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace assay {
namespace {

absl::Status CheckNumbering(absl::string_view what, const std::vector<int32_t>& numbers,
                            int64_t items) {
  if (numbers.empty()) return absl::OkStatus();
  if (static_cast<int64_t>(numbers.size()) != items) {
    return absl::InvalidArgumentError(
        absl::StrCat(numbers.size(), " ", what, " numbers for ", items, " items"));
  }
  std::vector<bool> seen(numbers.size());
  int64_t distinct = 0;
  for (const int32_t number : numbers) {
    if (number < 0 || static_cast<size_t>(number) >= numbers.size()) {
      return absl::InvalidArgumentError(absl::StrCat(what, " number ", number, " is out of range"));
    }
    if (!seen[number]) ++distinct;
    seen[number] = true;
  }
  if (*std::max_element(numbers.begin(), numbers.end()) + 1 != distinct) {
    return absl::InvalidArgumentError(absl::StrCat(what, " numbers have a gap"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckScoreTable(const ScoreTable& table) {
  const int64_t items = table.items();
  if (items == 0) return absl::InvalidArgumentError("there are no scores");
  for (const std::vector<double>& scores : table.scores) {
    if (static_cast<int64_t>(scores.size()) != items) {
      return absl::InvalidArgumentError(
          absl::StrCat("a model has ", scores.size(), " scores, another has ", items));
    }
    for (const double score : scores) {
      if (!std::isfinite(score)) return absl::InvalidArgumentError("a score is not a number");
    }
  }
  if (absl::Status status = CheckNumbering("group", table.group, items); !status.ok()) {
    return status;
  }
  if (absl::Status status = CheckNumbering("cluster", table.cluster, items); !status.ok()) {
    return status;
  }
  if (table.group.empty() || table.cluster.empty()) return absl::OkStatus();
  std::vector<int32_t> group_of_cluster(items, -1);
  for (int64_t i = 0; i < items; ++i) {
    int32_t& group = group_of_cluster[table.cluster[i]];
    if (group == -1) group = table.group[i];
    if (group != table.group[i]) {
      return absl::InvalidArgumentError(
          absl::StrCat("cluster ", table.cluster[i], " lies in two groups"));
    }
  }
  return absl::OkStatus();
}

std::vector<double> ItemWeights(const ScoreTable& table) {
  std::vector<int64_t> sizes(1, table.items());
  if (!table.group.empty()) {
    sizes.assign(*std::max_element(table.group.begin(), table.group.end()) + 1, 0);
    for (const int32_t group : table.group) ++sizes[group];
  }
  std::vector<double> weights(table.items());
  for (size_t i = 0; i < weights.size(); ++i) {
    const int64_t size = table.group.empty() ? sizes[0] : sizes[table.group[i]];
    weights[i] = 1 / (static_cast<double>(size) * static_cast<double>(sizes.size()));
  }
  return weights;
}

bool IsBinary(const ScoreTable& table) {
  return std::all_of(table.scores.begin(), table.scores.end(), [](const auto& scores) {
    return std::all_of(scores.begin(), scores.end(),
                       [](double score) { return score == 0 || score == 1; });
  });
}

}  // namespace assay
