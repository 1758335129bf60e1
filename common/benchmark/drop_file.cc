#include "common/benchmark/drop_file.h"

#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/benchmark/data_text.h"
#include "common/benchmark/group_name.h"
#include "common/benchmark/json_records.h"
#include "common/benchmark/python_text.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

using Type = JsonNode::Type;

// An answer as the file has it: a number, a date and spans, of which one should hold something.
struct Answer {
  std::string number;
  std::string day;
  std::string month;
  std::string year;
  std::vector<std::string> spans;

  bool has_date() const { return !day.empty() || !month.empty() || !year.empty(); }
  int kinds() const { return (number.empty() ? 0 : 1) + has_date() + (spans.empty() ? 0 : 1); }
};

// The text of a member that may be missing.
absl::StatusOr<std::string> OptionalText(absl::string_view path, const JsonNode& node,
                                         absl::string_view what, absl::string_view key) {
  if (node.Find(key) == nullptr) return std::string();
  return JsonTextMember(path, node, what, key);
}

absl::StatusOr<Answer> ReadAnswer(absl::string_view path, const JsonNode& node,
                                  absl::string_view what) {
  Answer answer;
  ASSAY_ASSIGN_OR_RETURN(answer.number, JsonTextMember(path, node, what, "number"));
  ASSAY_ASSIGN_OR_RETURN(const JsonNode* spans,
                         JsonMember(path, node, what, "spans", Type::kArray));
  ASSAY_ASSIGN_OR_RETURN(answer.spans, JsonTexts(path, *spans, absl::StrCat(what, ".spans")));
  ASSAY_ASSIGN_OR_RETURN(const JsonNode* date, JsonMember(path, node, what, "date", Type::kObject));
  const std::string date_name = absl::StrCat(what, ".date");
  ASSAY_ASSIGN_OR_RETURN(answer.day, OptionalText(path, *date, date_name, "day"));
  ASSAY_ASSIGN_OR_RETURN(answer.month, OptionalText(path, *date, date_name, "month"));
  ASSAY_ASSIGN_OR_RETURN(answer.year, OptionalText(path, *date, date_name, "year"));
  return answer;
}

std::string Stripped(absl::string_view text) { return std::string(PythonStrip(text)); }

// The spans as the reference's loader flattens them; empty when it leaves the question out.
std::vector<std::string> FlattenSpans(const std::vector<Answer>& answers) {
  std::vector<std::string> spans;
  for (const Answer& answer : answers) {
    if (answer.kinds() > 1) return {};
    if (!answer.number.empty()) spans.push_back(Stripped(answer.number));
    if (answer.has_date()) {
      spans.push_back(Stripped(absl::StrCat(answer.day, " ", answer.month, " ", answer.year)));
    }
    for (const std::string& span : answer.spans) spans.push_back(Stripped(span));
  }
  return spans;
}

std::vector<std::string> ReferenceTexts(const Answer& answer) {
  if (!answer.number.empty()) return {answer.number};
  if (!answer.spans.empty()) return answer.spans;
  if (!answer.has_date()) return {};
  return {absl::StrCat(answer.day, " ", answer.month, " ", answer.year)};
}

void AddReference(std::vector<std::string> texts, DropQuestion* question) {
  if (!texts.empty()) question->references.push_back(std::move(texts));
}

absl::StatusOr<DropQuestion> ReadPair(absl::string_view path, const JsonNode& pair,
                                      absl::string_view what) {
  DropQuestion question;
  ASSAY_ASSIGN_OR_RETURN(question.question, JsonTextMember(path, pair, what, "question"));
  ASSAY_ASSIGN_OR_RETURN(question.query_id, OptionalText(path, pair, what, "query_id"));
  ASSAY_ASSIGN_OR_RETURN(const JsonNode* node,
                         JsonMember(path, pair, what, "answer", Type::kObject));
  ASSAY_ASSIGN_OR_RETURN(const Answer answer,
                         ReadAnswer(path, *node, absl::StrCat(what, ".answer")));
  AddReference(ReferenceTexts(answer), &question);
  std::vector<Answer> validated;
  if (pair.Find("validated_answers") != nullptr) {
    ASSAY_ASSIGN_OR_RETURN(const JsonNode* list,
                           JsonMember(path, pair, what, "validated_answers", Type::kArray));
    for (const JsonNode& item : list->items) {
      ASSAY_ASSIGN_OR_RETURN(
          Answer other,
          ReadAnswer(path, item, absl::StrCat(what, ".validated_answers[", validated.size(), "]")));
      AddReference(ReferenceTexts(other), &question);
      validated.push_back(std::move(other));
    }
    question.spans = FlattenSpans(validated);
  } else {
    question.spans = FlattenSpans({answer});
  }
  return question;
}

absl::Status ReadSection(absl::string_view path, const JsonRecord& section,
                         std::vector<DropQuestion>* questions) {
  if (!IsGroupName(section.key)) {
    return JsonError(path, section.value,
                     absl::StrCat("the section's name is ", Excerpt(section.key),
                                  "; use letters, digits, \"_\" and \"-\" only"));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::string passage,
                         JsonTextMember(path, section.value, section.key, "passage"));
  ASSAY_ASSIGN_OR_RETURN(const JsonNode* pairs,
                         JsonMember(path, section.value, section.key, "qa_pairs", Type::kArray));
  for (size_t i = 0; i < pairs->items.size(); ++i) {
    const std::string what = absl::StrCat(section.key, ".qa_pairs[", i, "]");
    ASSAY_ASSIGN_OR_RETURN(DropQuestion question, ReadPair(path, pairs->items[i], what));
    question.name = absl::StrCat(section.key, "/", i);
    question.passage = passage;
    questions->push_back(std::move(question));
  }
  return absl::OkStatus();
}

// Both forms of lines give an answer's spans, without saying what is a number or a date.
void AddSpans(std::vector<std::string> spans, DropQuestion* question) {
  for (const std::string& span : spans) question->spans.push_back(Stripped(span));
  AddReference(std::move(spans), question);
}

absl::StatusOr<DropQuestion> ReadContextLine(absl::string_view path, const JsonNode& line) {
  ASSAY_ASSIGN_OR_RETURN(const std::string context,
                         JsonTextMember(path, line, "the line", "context"));
  ASSAY_ASSIGN_OR_RETURN(const std::string answers,
                         JsonTextMember(path, line, "the line", "ref_text"));
  constexpr absl::string_view kQuestion = "\nQuestion: ";
  absl::string_view text = context;
  size_t border = absl::string_view::npos;
  if (!absl::ConsumePrefix(&text, "Passage: ") || !absl::ConsumeSuffix(&text, "\nAnswer:") ||
      (border = text.rfind(kQuestion)) == absl::string_view::npos) {
    return JsonError(path, line, "\"context\" is not \"Passage: ...\\nQuestion: ...\\nAnswer:\"");
  }
  DropQuestion question;
  question.passage = std::string(text.substr(0, border));
  question.question = std::string(text.substr(border + kQuestion.size()));
  for (absl::string_view answer : absl::StrSplit(answers, '|')) {
    AddSpans(absl::StrSplit(answer, " and "), &question);
  }
  return question;
}

absl::StatusOr<DropQuestion> ReadQuestionLine(absl::string_view path, const JsonNode& line) {
  DropQuestion question;
  ASSAY_ASSIGN_OR_RETURN(question.query_id, JsonTextMember(path, line, "the line", "query_id"));
  ASSAY_ASSIGN_OR_RETURN(question.passage, JsonTextMember(path, line, "the line", "passage"));
  ASSAY_ASSIGN_OR_RETURN(question.question, JsonTextMember(path, line, "the line", "question"));
  ASSAY_ASSIGN_OR_RETURN(const JsonNode* answers,
                         JsonMember(path, line, "the line", "answers", Type::kArray));
  if (!IsGroupName(question.query_id)) {
    return JsonError(path, line,
                     absl::StrCat("the query_id is ", Excerpt(question.query_id),
                                  "; use letters, digits, \"_\" and \"-\" only"));
  }
  for (size_t i = 0; i < answers->items.size(); ++i) {
    ASSAY_ASSIGN_OR_RETURN(std::vector<std::string> spans,
                           JsonTexts(path, answers->items[i], absl::StrCat("answers[", i, "]")));
    AddSpans(std::move(spans), &question);
  }
  return question;
}

absl::Status AppendLine(absl::string_view path, const JsonNode& line,
                        std::vector<DropQuestion>* questions, std::set<std::string>* names) {
  const bool has_context = line.Find("context") != nullptr;
  ASSAY_ASSIGN_OR_RETURN(DropQuestion question,
                         has_context ? ReadContextLine(path, line) : ReadQuestionLine(path, line));
  question.name = question.query_id.empty() ? absl::StrCat(questions->size()) : question.query_id;
  if (!names->insert(question.name).second) {
    return JsonError(path, line, absl::StrCat("the question ", question.name, " is there twice"));
  }
  questions->push_back(std::move(question));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<DropQuestion>> ParseDropFile(const SourceFile& file) {
  std::vector<DropQuestion> questions;
  if (absl::EndsWith(WithoutGzipSuffix(file.path), ".jsonl")) {
    std::set<std::string> names;
    ASSAY_RETURN_IF_ERROR(
        ForEachLine(file, {}, [&](int64_t line, absl::string_view text) -> absl::Status {
          return ForEachJsonRecord(
              file.path, text, JsonRecords::kWhole,
              [&](const JsonRecord& record) {
                return AppendLine(file.path, record.value, &questions, &names);
              },
              line);
        }));
  } else {
    ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadDataText(file));
    ASSAY_RETURN_IF_ERROR(ForEachJsonRecord(
        file.path, text, JsonRecords::kMembers,
        [&](const JsonRecord& section) { return ReadSection(file.path, section, &questions); }));
  }
  if (questions.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(file.path, ": the file has no questions"));
  }
  return questions;
}

}  // namespace assay
