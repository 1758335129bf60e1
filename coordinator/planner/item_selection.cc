#include "coordinator/planner/item_selection.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/status_macros.h"
#include "common/benchmark/impact.h"
#include "common/benchmark/prompt_template.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

// The prompt as the plan shows it.
std::string InTemplate(const RunSettings& settings, std::string prompt) {
  switch (settings.prompt_template) {
    case PromptTemplate::kNone:
      return prompt;
    case PromptTemplate::kChat:
      return DescribeChatMessages(settings.system_prompt, prompt);
    case PromptTemplate::kAlpaca:
      return AlpacaPrompt(settings.system_prompt, prompt);
  }
  return prompt;
}

}  // namespace

absl::StatusOr<SelectedItems> SelectItems(const Benchmark& benchmark, const ProtocolSpec& protocol,
                                          const RunSettings& settings, const Dataset& dataset,
                                          int sample_prompts) {
  SelectedItems selected;
  const auto groups = static_cast<int>(dataset.groups().size());
  const int samples_of_group = (sample_prompts + groups - 1) / std::max(1, groups);
  // Of each prompt, which shares its beginning with the others.
  const int64_t template_characters = CountCharacters(InTemplate(settings, ""));
  for (const std::string& group : dataset.groups()) {
    ASSAY_ASSIGN_OR_RETURN(Selection selection,
                           benchmark.Select(protocol, settings.shots, dataset.Group(group)));
    if (!protocol.criterion.empty()) {
      std::erase_if(selection.items,
                    [](const Item& item) { return item.fields.count(kAnswerField) == 0; });
    }
    size_t count = selection.items.size();
    if (settings.limit > 0) count = std::min<size_t>(count, settings.limit);
    int64_t shot_characters = 0;
    for (size_t i = 0; i < count; ++i) {
      const Item& item = selection.items[i];
      int64_t own = 0;
      for (int variant = 0; variant < protocol.variants; ++variant) {
        own += template_characters +
               CountCharacters(benchmark.RenderVariant(protocol, item, {}, variant));
      }
      if (i == 0) {
        std::string prompt = benchmark.RenderPrompt(protocol, item, selection.shots);
        shot_characters = (CountCharacters(prompt) -
                           CountCharacters(benchmark.RenderPrompt(protocol, item, {}))) *
                          protocol.variants;
        selected.unshared_characters += shot_characters;
        if (selected.first_item_id.empty()) {
          selected.first_item_id = item.id;
          selected.first_prompt = InTemplate(settings, std::move(prompt));
        }
      }
      if (static_cast<int>(i) < samples_of_group &&
          static_cast<int>(selected.samples.size()) < sample_prompts) {
        selected.samples.push_back(
            InTemplate(settings, benchmark.RenderPrompt(protocol, item, selection.shots)));
      }
      selected.characters += shot_characters + own;
      const auto questions = protocol.request_type == RequestType::kScoreChoices
                                 ? static_cast<int64_t>(item.choices.size())
                                 : 1;
      selected.sent_characters += questions * (shot_characters + own);
      selected.unshared_characters += own;
      selected.ordinals.push_back(item.ordinal);
    }
  }
  return selected;
}

RunCost CostOf(const SelectedItems& selected, const ModelSpec& model, const ProtocolSpec& protocol,
               int samples, double characters_per_token) {
  const auto tokens = [characters_per_token](int64_t characters) {
    return static_cast<int64_t>(std::ceil(static_cast<double>(characters) / characters_per_token));
  };
  RunCost cost;
  // An item's samples share its prompt's computation, not its price.
  cost.prompt_tokens = tokens(selected.characters) * samples;
  cost.computed_tokens = tokens(selected.unshared_characters);
  if (model.remote.has_value()) {
    cost.prompt_tokens = cost.computed_tokens = tokens(selected.sent_characters) * samples;
  }
  cost.generated_tokens =
      static_cast<int64_t>(selected.ordinals.size()) * samples * protocol.max_output;
  return cost;
}

std::vector<std::vector<int64_t>> CutIntoShards(const std::vector<int64_t>& ordinals,
                                                int64_t shard_items) {
  std::vector<std::vector<int64_t>> shards;
  for (size_t begin = 0; begin < ordinals.size(); begin += shard_items) {
    const size_t end = std::min(ordinals.size(), begin + static_cast<size_t>(shard_items));
    shards.emplace_back(ordinals.begin() + begin, ordinals.begin() + end);
  }
  return shards;
}

}  // namespace assay
