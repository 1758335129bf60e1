// `assay-worker count-tokens`: how many tokens texts have.
#ifndef ASSAY_WORKER_PROCESS_COUNT_TOKENS_H_
#define ASSAY_WORKER_PROCESS_COUNT_TOKENS_H_

#include <string>

namespace assay {

// Prints a JSON array with the number of tokens of each text of the JSON array in the file `texts`,
// by the tokenizer of the model at `path` (of an adapter: its base's, at `base_path`, where it has
// none itself); or the error on standard error. The weights are not read. The exit code.
int CountTokens(const std::string& path, const std::string& base_path, const std::string& texts);

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_COUNT_TOKENS_H_
