// From the records of data files to the items of a declared benchmark.
#ifndef ASSAY_COMMON_DECLARATION_ITEM_READER_H_
#define ASSAY_COMMON_DECLARATION_ITEM_READER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/benchmark/benchmark.h"
#include "common/declaration/declaration.h"
#include "common/declaration/record_reader.h"

namespace assay {

// The items of the files that are the benchmark's, as Benchmark::Parse has them. What is wrong goes
// to `problems`; with any, the items are those that nothing is wrong with.
std::vector<Item> ReadItems(const Declaration& declaration, absl::Span<const SourceFile> files,
                            DataProblems* problems);

// Puts an item's options and target into it, the target as the declaration has it. Returns what is
// wrong, or "".
std::string SetChoices(const ChoicesDeclaration& choices, TargetDeclaration::Kind kind,
                       const std::vector<std::string>& options, const std::string& target,
                       Item* item);

// A group's name: `text` with "_" for what names do not have.
std::string GroupNameOf(absl::string_view text);

}  // namespace assay

#endif  // ASSAY_COMMON_DECLARATION_ITEM_READER_H_
