#include "common/benchmark/prompt_text.h"

#include "absl/strings/str_cat.h"

namespace assay {

absl::string_view FieldOf(const Item& item, const std::string& name) {
  const auto field = item.fields.find(name);
  return field == item.fields.end() ? absl::string_view() : field->second;
}

std::string RenderAfterShots(const Item& item, absl::Span<const Item> shots,
                             absl::FunctionRef<std::string(const Item&)> question) {
  std::string prompt;
  for (const Item& shot : shots) {
    absl::StrAppend(&prompt, question(shot), " ", shot.target, "\n\n");
  }
  return absl::StrCat(prompt, question(item));
}

}  // namespace assay
