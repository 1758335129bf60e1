// Texts with places to be filled: "{question}\nAnswer:".
//
//   {name}           what `name` stands for
//   {name|function}  the same, changed by a function; several are carried out from left to right
//   {{ and }}        a brace
#ifndef ASSAY_COMMON_DECLARATION_TEMPLATE_H_
#define ASSAY_COMMON_DECLARATION_TEMPLATE_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace assay {

class Template {
 public:
  // A template of nothing.
  Template() = default;
  // Appends to `problems` what is wrong with the text: a brace alone, a name that is not among
  // `names`, an unknown function.
  static Template Parse(absl::string_view text, absl::Span<const std::string> names,
                        std::vector<std::string>* problems);

  // `value` gives what a name stands for.
  std::string Render(absl::FunctionRef<std::string(const std::string& name)> value) const;
  bool Mentions(absl::string_view name) const;

 private:
  enum class Function { kStrip, kLower, kUpper, kWords };
  // A piece of text, or a place where `name` is not empty.
  struct Piece {
    std::string text;
    std::string name;
    std::vector<Function> functions;
  };

  static bool ParsePlace(absl::string_view inside, absl::Span<const std::string> names,
                         Piece* piece, std::vector<std::string>* problems);
  static std::string Apply(Function function, std::string text);

  std::vector<Piece> pieces_;
};

// "strip": without white space at both ends; "lower", "upper": letters, as Python's lower() and
// upper() of ASCII have them; "words": spaces for underscores.
std::vector<std::string> TemplateFunctions();

}  // namespace assay

#endif  // ASSAY_COMMON_DECLARATION_TEMPLATE_H_
