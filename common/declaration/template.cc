#include "common/declaration/template.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/benchmark/python_text.h"
#include "common/benchmark/utf8.h"
#include "common/declaration/mistakes.h"

namespace assay {

std::vector<std::string> TemplateFunctions() { return {"strip", "lower", "upper", "words"}; }

Template Template::Parse(absl::string_view text, absl::Span<const std::string> names,
                         std::vector<std::string>* problems) {
  Template parsed;
  std::string plain;
  const auto end_plain = [&] {
    if (!plain.empty()) parsed.pieces_.push_back({std::exchange(plain, ""), "", {}});
  };
  while (!text.empty()) {
    const char c = text.front();
    if (absl::StartsWith(text, "{{") || absl::StartsWith(text, "}}")) {
      plain.push_back(c);
      text.remove_prefix(2);
    } else if (c == '}') {
      problems->push_back("a \"}\" closes nothing; write }} for a brace of the text");
      text.remove_prefix(1);
    } else if (c == '{') {
      const size_t end = text.find_first_of("{}", 1);
      if (end == absl::string_view::npos || text[end] == '{') {
        problems->push_back("a \"{\" is never closed; write {{ for a brace of the text");
        text.remove_prefix(1);
        continue;
      }
      Piece piece;
      end_plain();
      if (ParsePlace(text.substr(1, end - 1), names, &piece, problems)) {
        parsed.pieces_.push_back(std::move(piece));
      }
      text.remove_prefix(end + 1);
    } else {
      const size_t end = text.find_first_of("{}");
      absl::StrAppend(&plain, text.substr(0, end));
      text.remove_prefix(std::min(end, text.size()));
    }
  }
  end_plain();
  return parsed;
}

bool Template::ParsePlace(absl::string_view inside, absl::Span<const std::string> names,
                          Piece* piece, std::vector<std::string>* problems) {
  const std::vector<absl::string_view> parts = absl::StrSplit(inside, '|');
  piece->name = std::string(absl::StripAsciiWhitespace(parts.front()));
  const size_t before = problems->size();
  if (std::find(names.begin(), names.end(), piece->name) == names.end()) {
    problems->push_back(absl::StrCat("nothing is called ", Excerpt(piece->name), " here",
                                     Suggestion(piece->name, names)));
  }
  const std::vector<std::string> functions = TemplateFunctions();
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::string name(absl::StripAsciiWhitespace(parts[i]));
    const auto found = std::find(functions.begin(), functions.end(), name);
    if (found == functions.end()) {
      problems->push_back(
          absl::StrCat("no function is called ", Excerpt(name), Suggestion(name, functions)));
    } else {
      piece->functions.push_back(static_cast<Function>(found - functions.begin()));
    }
  }
  return problems->size() == before;
}

std::string Template::Apply(Function function, std::string text) {
  switch (function) {
    case Function::kStrip:
      return std::string(PythonStrip(text));
    case Function::kLower:
      return PythonLower(text);
    case Function::kUpper:
      return absl::AsciiStrToUpper(text);
    case Function::kWords:
      return absl::StrReplaceAll(text, {{"_", " "}});
  }
  return text;
}

std::string Template::Render(absl::FunctionRef<std::string(const std::string& name)> value) const {
  std::string rendered;
  for (const Piece& piece : pieces_) {
    if (piece.name.empty()) {
      absl::StrAppend(&rendered, piece.text);
      continue;
    }
    std::string text = value(piece.name);
    for (const Function function : piece.functions) text = Apply(function, std::move(text));
    absl::StrAppend(&rendered, text);
  }
  return rendered;
}

bool Template::Mentions(absl::string_view name) const {
  return std::any_of(pieces_.begin(), pieces_.end(),
                     [name](const Piece& piece) { return piece.name == name; });
}

}  // namespace assay
