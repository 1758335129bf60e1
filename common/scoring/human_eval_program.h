// From what a model wrote to the program that tells whether it is right.
#ifndef ASSAY_COMMON_SCORING_HUMAN_EVAL_PROGRAM_H_
#define ASSAY_COMMON_SCORING_HUMAN_EVAL_PROGRAM_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/item.h"

namespace assay {

// INSTRUCTEVAL's completion of a function out of the text that a model wrote: each line's indent
// padded with a space where it has an odd number of them, line feeds at the front dropped, and what
// comes after the first blank line as well.
std::string ExtractInstructEvalCompletion(absl::string_view output);

// The same for ChatGLM, which repeats the function's head: with the same padding, what comes after
// the last end of a doc string's line, without back-quotes.
std::string ExtractChatGlmCompletion(absl::string_view output);

// How a protocol takes completions from outputs.
struct CompletionRule {
  ProgramKind program = ProgramKind::kHumanEval;
  std::vector<std::string> stop_texts = {};
};
CompletionRule CompletionRuleOf(const ProtocolSpec& protocol);

// The output up to where the first of the stop texts begins, as the kind of program takes it.
std::string ExtractCompletion(const CompletionRule& rule, absl::string_view output);

// The Python program that ends without an error when `completion` solves the problem: the item's
// prompt, the completion, and the item's tests, called for its entry point.
std::string MakeHumanEvalProgram(const Item& item, absl::string_view completion);

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_HUMAN_EVAL_PROGRAM_H_
