#include "worker/session/reuse.h"

#include <map>
#include <string>
#include <tuple>

#include "absl/strings/string_view.h"

namespace assay {
namespace {

using Key = std::tuple<absl::string_view, int, absl::string_view, absl::string_view>;

Key KeyOf(const Prediction& prediction) {
  return {prediction.item_id, prediction.sample_index, prediction.request_digest,
          prediction.prompt_sha256};
}

}  // namespace

int TakeReusable(absl::Span<const Prediction> reusable, std::vector<PreparedItem>* items) {
  std::map<Key, const Prediction*> by_key;
  for (const Prediction& prediction : reusable) {
    if (prediction.request_digest.empty() || !prediction.error.empty()) continue;
    by_key.emplace(KeyOf(prediction), &prediction);
  }
  int taken = 0;
  for (PreparedItem& item : *items) {
    const auto found = by_key.find(KeyOf(item.prediction));
    if (found == by_key.end()) continue;
    const Prediction& from = *found->second;
    item.prediction.output = from.output;
    item.prediction.output_token_ids = from.output_token_ids;
    item.prediction.finish_reason = from.finish_reason;
    item.prediction.choice_loglikelihoods = from.choice_loglikelihoods;
    item.prediction.reused_run = from.reused_run;
    item.requests.clear();
    ++taken;
  }
  return taken;
}

}  // namespace assay
