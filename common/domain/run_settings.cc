#include "common/domain/run_settings.h"

#include <array>
#include <cstddef>

#include "common/domain/names.h"

namespace assay {
namespace {

constexpr std::array<absl::string_view, 5> kPrecisionNames = {"float32", "bfloat16", "float16",
                                                              "int8", "llm-int8"};
constexpr std::array<absl::string_view, 3> kTemplateNames = {"none", "chat", "alpaca"};
constexpr std::array<absl::string_view, 3> kBosNames = {"default", "always", "never"};

}  // namespace

absl::string_view PrecisionName(Precision precision) {
  return kPrecisionNames[static_cast<size_t>(precision)];
}
absl::StatusOr<Precision> ParsePrecision(absl::string_view name) {
  return ParseName<Precision>("precision", name, kPrecisionNames);
}
absl::string_view PromptTemplateName(PromptTemplate prompt_template) {
  return kTemplateNames[static_cast<size_t>(prompt_template)];
}
absl::StatusOr<PromptTemplate> ParsePromptTemplate(absl::string_view name) {
  return ParseName<PromptTemplate>("prompt template", name, kTemplateNames);
}
absl::string_view BosHandlingName(BosHandling bos) { return kBosNames[static_cast<size_t>(bos)]; }
absl::StatusOr<BosHandling> ParseBosHandling(absl::string_view name) {
  return ParseName<BosHandling>("BOS handling", name, kBosNames);
}

}  // namespace assay
