// What is wrong with a declaration: all of it, not only the first.
#ifndef ASSAY_COMMON_DECLARATION_MISTAKES_H_
#define ASSAY_COMMON_DECLARATION_MISTAKES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/declaration/yaml_node.h"

namespace assay {

struct Mistake {
  int line = 0;
  int column = 0;
  std::string message;  // what is wrong and what to do
};

// Not thread-safe.
class Mistakes {
 public:
  void Add(const YamlNode& place, std::string message);
  void Add(Mistake mistake);
  bool empty() const { return mistakes_.empty(); }
  // In order of place.
  std::vector<Mistake> Sorted() const;

 private:
  std::vector<Mistake> mistakes_;
};

// "path:line:column: message", one a line; the first `most` of them, and how many there are beside.
std::string FormatMistakes(absl::string_view path, absl::Span<const Mistake> mistakes, size_t most);
// OK when there is none, otherwise InvalidArgument with all of them, within reason.
absl::Status MistakesStatus(absl::string_view path, absl::Span<const Mistake> mistakes);

// `; did you mean "x"?` when one of `names` is near `name`, otherwise `; there are: ...`.
std::string Suggestion(absl::string_view name, absl::Span<const std::string> names);

}  // namespace assay

#endif  // ASSAY_COMMON_DECLARATION_MISTAKES_H_
