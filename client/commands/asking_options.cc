#include "client/commands/asking_options.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/names.h"
#include "common/base/status_macros.h"
#include "common/domain/run_settings.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

// A name that `parse` refuses is an error with its message.
template <typename Parse>
std::function<std::string(const std::string&)> NameCheck(Parse parse) {
  return [parse](const std::string& name) {
    const auto parsed = parse(name);
    return parsed.ok() ? std::string() : std::string(parsed.status().message());
  };
}

}  // namespace

absl::Status AskingOptions::AddTo(v1::RunSettings& settings) const {
  RunSettings own;
  ASSAY_ASSIGN_OR_RETURN(own.prompt_template, ParsePromptTemplate(prompt_template));
  own.system_prompt = system_prompt;
  ASSAY_ASSIGN_OR_RETURN(own.bos, ParseBosHandling(bos));
  own.sampling = {temperature, top_p, top_k, seed, samples};
  const v1::RunSettings proto = ToProto(own);
  settings.set_prompt_template(proto.prompt_template());
  settings.set_system_prompt(proto.system_prompt());
  settings.set_bos(proto.bos());
  *settings.mutable_sampling() = proto.sampling();
  return absl::OkStatus();
}

CLI::Option* AddTemplateOption(CLI::App* command, const std::string& name, const char* what,
                               std::string* prompt_template) {
  return command
      ->add_option(name, *prompt_template,
                   absl::StrCat("What is put around ", what,
                                ": none, chat (the model's own chat template) or alpaca"))
      ->type_name("T")
      ->capture_default_str()
      ->check(NameCheck(ParsePromptTemplate));
}

std::shared_ptr<AskingOptions> AddAskingOptions(CLI::App* command,
                                                const std::string& prompt_template) {
  auto options = std::make_shared<AskingOptions>();
  options->prompt_template = prompt_template;
  AddTemplateOption(command, "--template", "each prompt", &options->prompt_template);
  command
      ->add_option("--system-prompt", options->system_prompt,
                   "The chat template's system message, or what stands for Alpaca's preamble")
      ->type_name("TEXT");
  command
      ->add_option("--bos", options->bos,
                   "Whether prompts begin with the model's BOS token: default (as its tokenizer or "
                   "chat template has it), always or never")
      ->type_name("B")
      ->capture_default_str()
      ->check(NameCheck(ParseBosHandling));
  command
      ->add_option("--temperature", options->temperature,
                   "Sample at this temperature; 0 is greedy (default: the protocol's)")
      ->type_name("T")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--top-p", options->top_p,
                   "Sample from the fewest most probable tokens that come to this probability")
      ->type_name("P")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command
      ->add_option("--top-k", options->top_k,
                   "Sample from so many most probable tokens; 0: from all")
      ->type_name("K")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--seed", options->seed,
                   "Of the samples: the same seed gives the same ones, whatever the workers")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--samples", options->samples, "Samples of each item")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1, kMostSamples));
  return options;
}

void AddPrecisionOption(CLI::App* command, std::string* precision) {
  command->add_option("--precision", *precision, "float32, bfloat16, float16, int8 or llm-int8")
      ->type_name("P")
      ->capture_default_str()
      ->check([](const std::string& name) {
        const absl::StatusOr<Precision> parsed = ParsePrecision(name);
        return parsed.ok() ? std::string() : std::string(parsed.status().message());
      });
}

void AddPriorityOption(CLI::App* command, int* priority) {
  command
      ->add_option("--priority", *priority,
                   "What goes first where there is too much to do: -100 to 100, the highest first")
      ->type_name("N")
      ->check(CLI::Range(-100, 100))
      ->capture_default_str();
}

Json AskingJson(const v1::RunSettings& settings) {
  const v1::SamplingSettings& sampling = settings.sampling();
  return {{"prompt_template", NameOf(settings.prompt_template())},
          {"system_prompt", settings.system_prompt()},
          {"bos", NameOf(settings.bos())},
          {"temperature", sampling.temperature()},
          {"top_p", sampling.has_top_p() ? sampling.top_p() : 1},
          {"top_k", sampling.top_k()},
          {"seed", sampling.seed()},
          {"samples", sampling.samples() == 0 ? 1 : sampling.samples()}};
}

std::string DescribeAsking(const v1::RunSettings& settings) {
  std::vector<std::string> parts;
  if (settings.prompt_template() > v1::PROMPT_TEMPLATE_NONE) {
    parts.push_back(absl::StrCat("template ", NameOf(settings.prompt_template())));
  }
  if (!settings.system_prompt().empty()) parts.push_back("a system prompt");
  if (settings.bos() > v1::BOS_HANDLING_DEFAULT) {
    parts.push_back(absl::StrCat("BOS ", NameOf(settings.bos())));
  }
  const v1::SamplingSettings& sampling = settings.sampling();
  if (sampling.temperature() > 0) {
    const int samples = std::max(1, sampling.samples());
    std::string how = absl::StrCat(samples, samples == 1 ? " sample" : " samples",
                                   " at temperature ", sampling.temperature());
    if (sampling.top_k() > 0) absl::StrAppend(&how, ", top-k ", sampling.top_k());
    if (sampling.has_top_p() && sampling.top_p() < 1)
      absl::StrAppend(&how, ", top-p ", sampling.top_p());
    parts.push_back(absl::StrCat(how, ", seed ", sampling.seed()));
  }
  return absl::StrJoin(parts, "; ");
}

void AddAskingColumns(bool in_table, std::vector<Column>* columns) {
  columns->push_back({"settings", in_table ? "settings" : ""});
  const Json none = AskingJson({});
  for (const auto& [key, value] : none.items()) columns->push_back({key, ""});
}

void AddAskingCells(const v1::RunSettings& settings, std::vector<Cell>* cells) {
  cells->emplace_back(DescribeAsking(settings));
  const Json values = AskingJson(settings);
  for (const auto& [key, value] : values.items()) cells->emplace_back(value);
}

}  // namespace assay
