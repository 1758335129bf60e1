// Options that say how a run puts its questions to a model and takes the answers.
#ifndef ASSAY_CLIENT_COMMANDS_ASKING_OPTIONS_H_
#define ASSAY_CLIENT_COMMANDS_ASKING_OPTIONS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "assay/v1/types.pb.h"
#include "client/output/record_writer.h"

namespace assay {

struct AskingOptions {
  std::string prompt_template = "none";
  std::string system_prompt;
  std::string bos = "default";
  std::optional<double> temperature;
  double top_p = 1;
  int top_k = 0;
  int64_t seed = 0;
  int samples = 1;

  // Sets these fields of `settings` and leaves the others.
  absl::Status AddTo(v1::RunSettings& settings) const;
};

// Adds --template, --system-prompt, --bos, --temperature, --top-p, --top-k, --seed and --samples;
// the values are valid once the command line is read. `prompt_template` is what --template is by
// itself.
std::shared_ptr<AskingOptions> AddAskingOptions(CLI::App* command,
                                                const std::string& prompt_template = "none");

// Adds --template by another name; `what` it is put around is for the help.
CLI::Option* AddTemplateOption(CLI::App* command, const std::string& name, const char* what,
                               std::string* prompt_template);

// Adds --precision; what it holds before is the default, and a valid name once the command line is
// read.
void AddPrecisionOption(CLI::App* command, std::string* precision);

// Adds --priority; what it holds is within the range once the command line is read.
void AddPriorityOption(CLI::App* command, int* priority);

// {"prompt_template": ..., "system_prompt": ..., "bos": ..., "temperature": ..., "top_p": ...,
// "top_k": ..., "seed": ..., "samples": ...}.
Json AskingJson(const v1::RunSettings& settings);
// Of these, those that are not as they are by themselves: "chat, 10 samples at 0.8"; empty when all
// are.
std::string DescribeAsking(const v1::RunSettings& settings);

// Columns of both: "settings", which tables show where `in_table` is set, and those of AskingJson,
// which they never show.
void AddAskingColumns(bool in_table, std::vector<Column>* columns);
void AddAskingCells(const v1::RunSettings& settings, std::vector<Cell>* cells);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_ASKING_OPTIONS_H_
