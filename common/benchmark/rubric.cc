#include "common/benchmark/rubric.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/utf8.h"

namespace assay {

absl::StatusOr<Rubric> Rubric::Parse(absl::string_view path, absl::string_view text) {
  if (text.size() > kMostRubricBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": the rubric has ", text.size(),
                                                   " bytes, more than ", kMostRubricBytes));
  }
  ASSAY_RETURN_IF_ERROR(CheckText(path, text));
  const auto error = [&](size_t at, absl::string_view reason) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", LineOfOffset(text, at), ": ", reason,
                     "; there are {prompt} and {answer}, and a brace is written {{ or }}"));
  };
  Rubric rubric;
  bool has_answer = false;
  std::string plain;
  for (size_t at = 0; at < text.size();) {
    const absl::string_view rest = text.substr(at);
    const bool opens = rest[0] == '{';
    if (!opens && rest[0] != '}') {
      const absl::string_view run = rest.substr(0, rest.find_first_of("{}"));
      plain.append(run.data(), run.size());
      at += run.size();
      continue;
    }
    if (rest.size() > 1 && rest[1] == rest[0]) {
      plain.push_back(rest[0]);
      at += 2;
      continue;
    }
    if (!opens) return error(at, "\"}\" without a \"{\" before it");
    const size_t end = rest.find('}');
    if (end == absl::string_view::npos) return error(at, "\"{\" that is never closed");
    const absl::string_view name = rest.substr(1, end - 1);
    if (name != "prompt" && name != "answer") {
      return error(at, absl::StrCat("unknown placeholder ", Excerpt(rest.substr(0, end + 1))));
    }
    if (!plain.empty()) rubric.parts_.push_back({Kind::kText, std::exchange(plain, "")});
    has_answer |= name == "answer";
    rubric.parts_.push_back({name == "answer" ? Kind::kAnswer : Kind::kPrompt, ""});
    at += end + 1;
  }
  if (!has_answer) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": the rubric has no {answer}, the place of what is to be judged"));
  }
  if (!plain.empty()) rubric.parts_.push_back({Kind::kText, std::move(plain)});
  return rubric;
}

std::string Rubric::Render(absl::string_view prompt, absl::string_view answer) const {
  std::string text;
  for (const Part& part : parts_) {
    absl::StrAppend(&text, part.kind == Kind::kText     ? absl::string_view(part.text)
                           : part.kind == Kind::kPrompt ? prompt
                                                        : answer);
  }
  return text;
}

}  // namespace assay
