#include "coordinator/leaderboard/pick_runs.h"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace assay {
namespace {

bool HasMetric(const ProtocolSpec& protocol) {
  return !protocol.verdict_metric.empty() || !protocol.value_metric.empty();
}

// A judge's protocol is named after its criterion, and after what it follows: the reading
// "instructeval" of a judge's replies is "judge-relevance-instructeval".
bool IsWantedProtocol(const Candidate& candidate, const LeaderboardQuery& query) {
  const std::string& name = candidate.run.spec.settings.protocol;
  if (query.protocol.empty()) {
    if (candidate.sampling_protocol == nullptr) return candidate.is_default_protocol;
    return name == candidate.sampling_protocol->name;
  }
  const bool judged = candidate.protocol != nullptr && !candidate.protocol->criterion.empty();
  return name == query.protocol || (judged && absl::EndsWith(name, "-" + query.protocol));
}

// One greedy answer to an item; or as many samples as are asked for, at the temperature that the
// protocol has for them.
bool IsSampledAsWanted(const ProtocolSpec& protocol, const SamplingSettings& sampling,
                       const LeaderboardQuery& query) {
  const auto own = protocol.temperatures.find(query.samples);
  if (own == protocol.temperatures.end()) return sampling.greedy() && sampling.samples == 1;
  return sampling.samples == query.samples && sampling.temperature == own->second &&
         sampling.top_p == 1 && sampling.top_k == 0;
}

bool IsWhole(const RunSummary& run) {
  return run.state == State::kCompleted && run.spec.settings.limit == 0;
}

std::optional<OmissionReason> WhyNot(const Candidate& candidate, const LeaderboardQuery& query) {
  const RunSpec& spec = candidate.run.spec;
  if (!IsWantedProtocol(candidate, query)) return OmissionReason::kProtocol;
  if (candidate.protocol == nullptr ||
      candidate.protocol->version != spec.settings.protocol_version) {
    return OmissionReason::kVersion;
  }
  if (!candidate.is_current_data) return OmissionReason::kData;
  const bool judged = spec.judged_run != 0;
  // What it judges was cancelled or has failed.
  if (judged && candidate.judged == nullptr) return OmissionReason::kUnfinished;
  const RunSettings& asked = judged ? candidate.judged->spec.settings : spec.settings;
  if (!judged && asked.shots != query.shots.value_or(candidate.protocol->shots)) {
    return OmissionReason::kShots;
  }
  if (asked.precision != query.precision) return OmissionReason::kPrecision;
  if (asked.prompt_template != query.prompt_template) return OmissionReason::kTemplate;
  if (!asked.system_prompt.empty() || asked.bos != BosHandling::kDefault ||
      !IsSampledAsWanted(*candidate.protocol, asked.sampling, query)) {
    return OmissionReason::kSettings;
  }
  if (query.partial) {
    if (candidate.run.items_done > 0) return std::nullopt;
    return OmissionReason::kUnfinished;
  }
  if (spec.settings.limit != 0 || asked.limit != 0) return OmissionReason::kLimit;
  if (!IsWhole(candidate.run)) return OmissionReason::kUnfinished;
  return std::nullopt;
}

std::string ModelOf(const Candidate& candidate) {
  const RunSpec& spec = candidate.run.spec;
  return spec.judged_run != 0 ? spec.judged_model : spec.model_name;
}

}  // namespace

PickedRuns PickRuns(absl::Span<const Candidate> candidates, const LeaderboardQuery& query) {
  // Model, benchmark, and what a judge looked at: criteria are cells of their own.
  using Place = std::tuple<std::string, std::string, std::string>;
  std::map<Place, const Candidate*> picked;
  std::map<Place, OmissionReason> missed;  // by the newest run
  for (const Candidate& candidate : candidates) {
    if (candidate.protocol != nullptr && !HasMetric(*candidate.protocol)) continue;
    const Place place(ModelOf(candidate), candidate.run.spec.benchmark,
                      candidate.protocol == nullptr ? "" : candidate.protocol->criterion);
    if (const std::optional<OmissionReason> reason = WhyNot(candidate, query)) {
      missed.emplace(place, *reason);
      continue;
    }
    const auto [found, is_new] = picked.emplace(place, &candidate);
    if (!is_new && !IsWhole(found->second->run) && IsWhole(candidate.run)) {
      found->second = &candidate;
    }
  }
  PickedRuns result;
  for (const auto& [place, candidate] : picked) result.picked.push_back(*candidate);
  std::map<std::pair<std::string, OmissionReason>, int64_t> counts;
  for (const auto& [place, reason] : missed) {
    if (picked.count(place) == 0) ++counts[{std::get<1>(place), reason}];
  }
  for (const auto& [key, cells] : counts) {
    result.omissions.push_back({key.first, key.second, cells});
  }
  return result;
}

}  // namespace assay
