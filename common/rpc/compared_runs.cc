#include "common/rpc/compared_runs.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/domain/run.h"
#include "common/domain/run_settings.h"

namespace assay {
namespace {

// The domain's enumerators are in the order of the protocol buffers', which have "unspecified"
// before them.
std::string StateNameOf(v1::State state) {
  const bool known = state >= v1::STATE_PENDING && state <= v1::STATE_FAILED;
  return known ? std::string(StateName(static_cast<State>(static_cast<int>(state) - 1)))
               : "unknown";
}

std::string PrecisionNameOf(v1::Precision precision) {
  const bool known = precision >= v1::PRECISION_FLOAT32 && precision <= v1::PRECISION_LLM_INT8;
  return known ? std::string(PrecisionName(static_cast<Precision>(static_cast<int>(precision) - 1)))
               : "unknown";
}

std::string RunName(const v1::GetRunScoresResponse& run) {
  return absl::StrCat("run ", run.spec().run_id(), " (job ", run.spec().job_id(), ", ",
                      run.spec().model_name(), ")");
}

// What an item has in one run.
struct ItemScore {
  double sum = 0;
  int samples = 0;
  std::string group;
  int32_t cluster = 0;
  std::vector<int64_t> answers;  // hashes, in order of the samples

  double Mean() const { return sum / samples; }
};
using ItemScores = std::map<int64_t, ItemScore>;

ItemScores ScoresByItem(const v1::GetRunScoresResponse& run) {
  ItemScores items;
  for (int i = 0; i < run.item_ordinal_size(); ++i) {
    ItemScore& item = items[run.item_ordinal(i)];
    item.sum += run.value(i);
    ++item.samples;
    item.group = run.groups(run.group(i));
    item.cluster = run.cluster(i);
    if (!run.answer_hash().empty()) item.answers.push_back(run.answer_hash(i));
  }
  return items;
}

// The items that all runs have, and how many there are in any.
struct SharedItems {
  std::vector<int64_t> common;
  size_t all = 0;
};

SharedItems FindShared(const std::vector<ItemScores>& runs) {
  std::map<int64_t, size_t> counts;
  for (const ItemScores& items : runs) {
    for (const auto& [ordinal, item] : items) ++counts[ordinal];
  }
  SharedItems shared;
  shared.all = counts.size();
  for (const auto& [ordinal, count] : counts) {
    if (count == runs.size()) shared.common.push_back(ordinal);
  }
  return shared;
}

template <typename Key>
int32_t NumberOf(std::map<Key, int32_t>& numbers, Key key) {
  return numbers.emplace(std::move(key), static_cast<int32_t>(numbers.size())).first->second;
}

// Adds `suffix(run)` to all labels if some are equal and the suffixes are not.
template <typename Suffix>
void Distinguish(const RunGroup& runs, Suffix suffix, std::vector<std::string>& labels) {
  if (std::set<std::string>(labels.begin(), labels.end()).size() == labels.size()) return;
  std::set<std::string> suffixes;
  for (const auto& run : runs) suffixes.insert(suffix(run));
  if (suffixes.size() == 1) return;
  for (size_t i = 0; i < runs.size(); ++i) absl::StrAppend(&labels[i], " ", suffix(runs[i]));
}

}  // namespace

std::vector<RunGroup> GroupByBenchmark(std::vector<v1::GetRunScoresResponse> runs) {
  std::vector<RunGroup> groups;
  std::map<std::string, int32_t> numbers;
  for (v1::GetRunScoresResponse& run : runs) {
    const size_t number = NumberOf(numbers, run.spec().benchmark());
    if (number == groups.size()) groups.emplace_back();
    groups[number].push_back(std::move(run));
  }
  return groups;
}

absl::Status CheckComparable(const RunGroup& runs) {
  const v1::RunSpec& first = runs.front().spec();
  for (const v1::GetRunScoresResponse& run : runs) {
    const v1::RunSpec& other = run.spec();
    const auto differ = [&](absl::string_view what, absl::string_view of_first,
                            absl::string_view of_other) {
      return absl::InvalidArgumentError(absl::StrCat(
          first.benchmark(), ": ", RunName(runs.front()), " and ", RunName(run),
          " cannot be compared: the ", what, " of one is ", of_first, ", of the other ", of_other,
          "; `assay compare` takes single runs as run:NUMBER, and --benchmark chooses among a "
          "job's"));
    };
    const auto protocol = [](const v1::RunSettings& settings) {
      return absl::StrCat(settings.protocol(), " version ", settings.protocol_version());
    };
    if (protocol(first.settings()) != protocol(other.settings())) {
      return differ("protocol", protocol(first.settings()), protocol(other.settings()));
    }
    const auto grader = [](const v1::GetRunScoresResponse& of) {
      return absl::StrCat(of.grader(), " version ", of.grader_version(),
                          " (assay rescore makes them one)");
    };
    if (grader(runs.front()) != grader(run)) {
      return differ("grader", grader(runs.front()), grader(run));
    }
    if (first.dataset_sha256() != other.dataset_sha256()) {
      const auto dataset = [](const v1::RunSpec& spec) {
        return absl::StrCat(spec.dataset_name(), " with sha256 ", spec.dataset_sha256());
      };
      return differ("data set", dataset(first), dataset(other));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ScoreTable> MakeScoreTable(const RunGroup& runs, bool only_common) {
  std::vector<ItemScores> by_item;
  for (const v1::GetRunScoresResponse& run : runs) by_item.push_back(ScoresByItem(run));
  const SharedItems shared = FindShared(by_item);
  const std::string& benchmark = runs.front().spec().benchmark();
  if (!only_common && shared.common.size() != shared.all) {
    std::string message = absl::StrCat(benchmark, ": the runs have not the same items");
    for (size_t i = 0; i < runs.size(); ++i) {
      absl::StrAppend(&message, i == 0 ? ": " : ", ", RunName(runs[i]), " has ", by_item[i].size(),
                      " (", StateNameOf(runs[i].state()), ")");
    }
    return absl::InvalidArgumentError(absl::StrCat(message, "; ", shared.common.size(),
                                                   " are in all of them, --common compares these"));
  }
  if (shared.common.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(benchmark, ": the runs have no item in common"));
  }
  ScoreTable table;
  for (const ItemScores& items : by_item) {
    std::vector<double>& scores = table.scores.emplace_back();
    for (const int64_t ordinal : shared.common) scores.push_back(items.at(ordinal).Mean());
  }
  std::map<std::string, int32_t> groups;
  std::map<std::pair<std::string, int32_t>, int32_t> clusters;
  const bool macro = runs.front().macro_average();
  for (const int64_t ordinal : shared.common) {
    const ItemScore& item = by_item.front().at(ordinal);
    if (macro) table.group.push_back(NumberOf(groups, item.group));
    // Groups are averaged apart, so a passage that two of them share is a cluster in each.
    table.cluster.push_back(
        NumberOf(clusters, std::make_pair(macro ? item.group : std::string(), item.cluster)));
  }
  if (clusters.size() == shared.common.size()) table.cluster.clear();
  return table;
}

std::optional<int64_t> ChangedAnswers(const RunGroup& runs, size_t first, size_t second) {
  std::vector<ItemScores> by_item;
  for (const v1::GetRunScoresResponse& run : runs) by_item.push_back(ScoresByItem(run));
  const auto told = [](const v1::GetRunScoresResponse& run) {
    return run.answer_hash_size() == run.item_ordinal_size();
  };
  if (!told(runs[first]) || !told(runs[second])) return std::nullopt;
  const std::vector<int64_t> items = FindShared(by_item).common;
  return std::count_if(items.begin(), items.end(), [&](int64_t ordinal) {
    return by_item[first].at(ordinal).answers != by_item[second].at(ordinal).answers;
  });
}

std::vector<std::string> RunLabels(const RunGroup& runs) {
  std::vector<std::string> labels;
  for (const v1::GetRunScoresResponse& run : runs) labels.push_back(run.spec().model_name());
  Distinguish(
      runs, [](const auto& run) { return absl::StrCat(run.spec().settings().shots(), "-shot"); },
      labels);
  Distinguish(
      runs, [](const auto& run) { return PrecisionNameOf(run.spec().settings().precision()); },
      labels);
  Distinguish(
      runs, [](const auto& run) { return absl::StrCat("run:", run.spec().run_id()); }, labels);
  return labels;
}

}  // namespace assay
