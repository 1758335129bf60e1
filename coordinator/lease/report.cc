#include "coordinator/lease/report.h"

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/scoring/grader_kind.h"

namespace assay {
namespace {

absl::Status CheckPrediction(const Item& item, const ProtocolSpec& protocol,
                             const Prediction& prediction) {
  const auto invalid = [&item](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("prediction of item ", item.id, ": ", what));
  };
  if (prediction.prompt_tokens < 0 || prediction.cached_tokens < 0 ||
      prediction.cached_tokens > prediction.prompt_tokens || prediction.shots_used < 0) {
    return invalid("its counts of tokens or shots make no sense");
  }
  if (!prediction.error.empty()) return absl::OkStatus();
  const bool has_program = protocol.program != ProgramKind::kNone;
  if (has_program == prediction.program_outcome.empty()) {
    return invalid(has_program ? "its program was not run"
                               : "a program was run, which the protocol does not ask for");
  }
  const size_t choices = protocol.request_type == RequestType::kScoreChoices
                             ? item.choices.size() * static_cast<size_t>(protocol.variants)
                             : 0;
  if (prediction.choice_loglikelihoods.size() != choices) {
    return invalid(absl::StrCat(prediction.choice_loglikelihoods.size(),
                                " log-likelihoods, where the protocol asks for ", choices));
  }
  for (const double value : prediction.choice_loglikelihoods) {
    if (std::isnan(value)) return invalid("a log-likelihood is not a number");
  }
  return absl::OkStatus();
}

absl::StatusOr<const Item*> FindItem(const Dataset& dataset, int64_t ordinal) {
  const Item* item = dataset.Find(ordinal);
  if (item != nullptr) return item;
  return absl::InternalError(absl::StrCat("the data set has no item of ordinal ", ordinal));
}

// One for each sample of each item, as workers send them.
bool IsInOrder(absl::Span<const Item* const> items, int samples,
               absl::Span<const Prediction> predictions) {
  const auto each = static_cast<size_t>(samples);
  if (predictions.size() != items.size() * each) return false;
  for (size_t i = 0; i < predictions.size(); ++i) {
    if (predictions[i].sample_index != static_cast<int>(i % each)) return false;
    if (predictions[i].item_id != items[i / each]->id) return false;
  }
  return true;
}

absl::StatusOr<std::vector<Prediction>> PutInOrder(absl::Span<const Item* const> items, int samples,
                                                   std::vector<Prediction> predictions) {
  std::map<std::pair<std::string, int>, Prediction*> by_sample;
  for (Prediction& prediction : predictions) {
    const std::pair<std::string, int> key(prediction.item_id, prediction.sample_index);
    if (!by_sample.emplace(key, &prediction).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("item ", key.first, " has two predictions of sample ", key.second));
    }
  }
  std::vector<Prediction> ordered;
  for (const Item* item : items) {
    for (int sample = 0; sample < samples; ++sample) {
      const auto found = by_sample.find({item->id, sample});
      if (found == by_sample.end()) {
        return absl::InvalidArgumentError(
            absl::StrCat("item ", item->id, " has no prediction of sample ", sample));
      }
      ordered.push_back(std::move(*found->second));
      by_sample.erase(found);
    }
  }
  if (!by_sample.empty()) {
    const auto& [item, sample] = by_sample.begin()->first;
    return absl::InvalidArgumentError(
        absl::StrCat("sample ", sample, " of item ", item, " is not of the shard"));
  }
  return ordered;
}

}  // namespace

absl::StatusOr<std::vector<GradedItem>> GradeReport(const Dataset& dataset,
                                                    absl::Span<const int64_t> ordinals,
                                                    const ProtocolSpec& protocol, int samples,
                                                    std::vector<Prediction> predictions) {
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Grader> grader,
                         MakeGrader(GraderOf(protocol)));
  std::vector<const Item*> items;
  items.reserve(ordinals.size());
  for (const int64_t ordinal : ordinals) {
    ASSAY_ASSIGN_OR_RETURN(items.emplace_back(), FindItem(dataset, ordinal));
  }
  if (!IsInOrder(items, samples, predictions)) {
    ASSAY_ASSIGN_OR_RETURN(predictions, PutInOrder(items, samples, std::move(predictions)));
  }
  std::vector<GradedItem> graded;
  graded.reserve(predictions.size());
  for (size_t i = 0; i < predictions.size(); ++i) {
    const Item& item = *items[i / static_cast<size_t>(samples)];
    ASSAY_RETURN_IF_ERROR(CheckPrediction(item, protocol, predictions[i]));
    Score score = grader->Grade(item, predictions[i]);
    graded.push_back({item.ordinal, item.group, std::move(predictions[i]), std::move(score)});
  }
  return graded;
}

absl::StatusOr<GradedItem> GradeError(const Dataset& dataset, int64_t ordinal,
                                      const ProtocolSpec& protocol, absl::string_view message) {
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Grader> grader,
                         MakeGrader(GraderOf(protocol)));
  ASSAY_ASSIGN_OR_RETURN(const Item* item, FindItem(dataset, ordinal));
  Prediction prediction;
  prediction.item_id = item->id;
  prediction.error = message.empty() ? "the item could not be run" : std::string(message);
  const Score score = grader->Grade(*item, prediction);
  return GradedItem{ordinal, item->group, std::move(prediction), score};
}

}  // namespace assay
