// Every mistake of a file is told with its line and column, and with what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/declaration/declared_benchmark.h"

namespace assay {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

constexpr char kGood[] = R"(name: quiz
version: 1
description: a quiz
data:
  files: quiz.csv
  format: csv
items:
  fields: [question]
  choices:
    texts: [a, b, c]
  target: right
protocols:
  - name: letters
    request: score_choices
    prompt: "{question}\n{options}\nAnswer:"
    grader: max_loglikelihood
  - name: written
    request: generate
    prompt: "{question}\n{options}\nAnswer:"
    max_output: 4
    shots: 2
    stop: ["\n"]
    grader: {name: choice}
)";

std::vector<std::string> MistakesOf(const std::string& text) {
  const auto read = DeclaredBenchmark::Read("f", text);
  if (read.ok()) return {};
  return absl::StrSplit(read.status().message(), '\n');
}

// What is wrong when `from` is replaced by `to`.
struct Broken {
  const char* from;
  const char* to;
  std::vector<std::string> mistakes;
};

class DeclarationMistakesTest : public testing::TestWithParam<Broken> {};

TEST_P(DeclarationMistakesTest, AreToldWithTheirPlace) {
  ASSERT_NE(std::string(kGood).find(GetParam().from), std::string::npos) << GetParam().from;
  const std::string text = absl::StrReplaceAll(kGood, {{GetParam().from, GetParam().to}});
  EXPECT_THAT(MistakesOf(text), ElementsAreArray(GetParam().mistakes)) << text;
}

INSTANTIATE_TEST_SUITE_P(
    All, DeclarationMistakesTest,
    testing::Values(
        Broken{"name: quiz\nversion: 1\n",
               "nam: quiz\nversion: one\n",
               {"f:1:1: unknown key \"nam\"; did you mean \"name\"?",
                "f:1:1: name is missing: what the benchmark is called: letters, digits, . _ -",
                "f:2:10: version is \"one\" where it must be a whole number from 1 to 1000000"}},
        Broken{"name: quiz",
               "name: my quiz",
               {"f:1:7: name is \"my quiz\"; use 1 to 100 letters, digits, '.', '_' or '-', and no "
                "'-' in front"}},
        Broken{"version: 1",
               "version: \"1\"",
               {"f:2:10: version is \"1\" where it must be a whole number from 1 to 1000000; leave "
                "the quotes away"}},
        Broken{"description: a quiz",
               "description:",
               {"f:3:1: description has no value where it must be a text; write \"\" for a text of "
                "nothing"}},
        Broken{"files: quiz.csv",
               "files: ../quiz.csv",
               {"f:5:10: data.files must be a path below the imported folder, without . and .."}},
        Broken{"format: csv",
               "format: cvs",
               {"f:6:11: data.format is \"cvs\"; did you mean \"csv\"?"}},
        Broken{"format: csv",
               "format: csv\n  records: x",
               {"f:7:12: data.records is for the format json"}},
        Broken{"format: csv",
               "format: csv\n  columns: [question, a, b, c, rigth]",
               {"f:12:11: items.target: data.columns has no \"right\"; did you mean \"rigth\"?"}},
        Broken{"fields: [question]",
               "fields: [question, question, the answer, options]",
               {"f:8:22: the field \"question\" is there twice",
                "f:8:32: the field's name \"the answer\" has other characters than letters, digits "
                "and _; call it by another: fields: {name: \"the answer\"}",
                "f:8:44: {options} means something else in templates; call the field by another "
                "name: fields: {its_options: options}"}},
        Broken{"texts: [a, b, c]",
               "texts: [a]\n    labels: [x, x]",
               {"f:10:12: a choice needs two options at least",
                "f:10:12: there are 2 labels and 1 columns of texts",
                "f:11:17: the label \"x\" is there twice"}},
        Broken{"texts: [a, b, c]",
               "labels: letters",
               {"f:10:5: items.choices needs texts (columns), or a list of labels"}},
        Broken{"texts: [a, b, c]",
               "texts: options",
               {"f:10:12: a column of a CSV file holds no list; name a column for each option: "
                "texts: [a, b]"}},
        Broken{"target: right",
               "target: {column: right, is: lable}",
               {"f:11:31: items.target.is is \"lable\"; did you mean \"label\"?"}},
        Broken{"\n  choices:\n    texts: [a, b, c]",
               "",
               {"f:12:14: protocols[0].request is score_choices, and items have no choices",
                "f:13:13: protocols[0].prompt has a mistake: nothing is called \"options\" here; "
                "there are: question, group",
                "f:14:13: protocols[0].grader max_loglikelihood needs items.choices",
                "f:17:13: protocols[1].prompt has a mistake: nothing is called \"options\" here; "
                "there are: question, group",
                "f:21:20: protocols[1].grader choice needs items.choices"}},
        Broken{"name: written",
               "name: letters",
               {"f:17:11: protocols[1].name: there are two protocols \"letters\""}},
        Broken{
            "    request: score_choices\n",
            "    request: score_choices\n    max_output: 3\n    choice: A\n",
            {"f:15:17: protocols[0].max_output is for request: generate; score_choices writes "
             "nothing",
             "f:16:13: protocols[0].choice is the same for every option; it must have {label} or "
             "{text}"}},
        Broken{"    max_output: 4\n",
               "    choice: \" {label}\"\n",
               {"f:17:5: protocols[1].max_output is missing: how many tokens the model may write",
                "f:20:13: protocols[1].choice is for request: score_choices"}},
        Broken{
            "prompt: \"{question}\\n{options}\\nAnswer:\"\n    grader",
            "prompt: \"{qestion}\\n{options|low}\\nAnswer: }\"\n    grader",
            {"f:15:13: protocols[0].prompt has a mistake: nothing is called \"qestion\" here; "
             "did you mean \"question\"?",
             "f:15:13: protocols[0].prompt has a mistake: no function is called \"low\"; did you "
             "mean \"lower\"?",
             "f:15:13: protocols[0].prompt has a mistake: a \"}\" closes nothing; write }} for a "
             "brace of the text"}},
        Broken{"shots: 2",
               "shots: {count: two, from: dev, sed: 1}",
               {"f:21:20: protocols[1].shots.count is \"two\" where it must be a whole number from "
                "0 to 1000",
                "f:21:31: protocols[1].shots.from is dev, and data has no dev_files",
                "f:21:36: unknown key \"sed\" in protocols[1].shots; did you mean \"seed\"?"}},
        Broken{"shots: 2",
               "shots: {count: 2, from: random}",
               {"f:21:29: protocols[1].shots.seed is missing: what the draw is made by"}},
        Broken{"grader: {name: choice}",
               "grader: {name: regex, patern: x}",
               {"f:23:13: protocols[1].grader.pattern is missing: A regular expression in RE2's "
                "syntax; its first group, where it has one, is the answer.",
                "f:23:27: unknown key \"patern\" in protocols[1].grader; did you mean "
                "\"pattern\"?"}},
        Broken{
            "grader: {name: choice}",
            "grader: {name: regex, pattern: \"(\"}",
            {"f:23:36: protocols[1].grader.pattern is no regular expression of RE2: missing ): ("}},
        Broken{"grader: {name: choice}",
               "grader: exact_mach",
               {"f:23:13: protocols[1].grader is \"exact_mach\"; did you mean \"exact_match\"?"}},
        Broken{"grader: {name: choice}",
               "grader: max_loglikelihood",
               {"f:23:13: protocols[1].grader max_loglikelihood grades what request: score_choices "
                "brings"}},
        Broken{"grader: {name: choice}",
               "grader: {name: exact_match, ignore_case: yes}",
               {"f:23:46: protocols[1].grader.ignore_case is \"yes\" where it must be true or "
                "false"}},
        Broken{"stop: [\"\\n\"]",
               "stop: \"\\n\"",
               {"f:22:11: protocols[1].stop is a text where it must be a list"}},
        Broken{"protocols:",
               "examples:\n  - fields: {questin: x}\n    options: [p, q, r, s]\n    target: "
               "A\nprotocols:",
               {"f:13:13: the example lacks the field \"question\"",
                "f:13:14: items.fields has no \"questin\"; did you mean \"question\"?",
                "f:14:14: the example has 4 options where there must be 2 to 3",
                "f:25:12: protocols[1].shots are 2, and there are 1 examples"}},
        Broken{"protocols:",
               "parent_groups:\n  science: [\"a b\"]\nprotocols:",
               {"f:13:3: the larger group \"science\" could be mistaken for a group; write "
                "KIND:NAME, for example category:science",
                "f:13:13: \"a b\" is no group's name: letters, digits, _ and -"}}));

TEST(DeclarationTest, TheGoodOneIsGood) { EXPECT_THAT(MistakesOf(kGood), IsEmpty()); }

TEST(DeclarationTest, WhatIsNoMappingIsRefused) {
  EXPECT_THAT(MistakesOf("- a\n"),
              ElementsAreArray({"f:1:1: the document is a list where it must be a mapping"}));
  EXPECT_THAT(MistakesOf("quiz\n"),
              ElementsAreArray({"f:1:1: the document is a text where it must be a mapping"}));
}

TEST(SuggestionTest, OnlyNearNamesAreSuggested) {
  const std::vector<std::string> names = {"prompt", "preamble"};
  EXPECT_EQ(Suggestion("pormpt", names), "; did you mean \"prompt\"?");
  EXPECT_EQ(Suggestion("xy", names), "; there are: prompt, preamble");
  EXPECT_EQ(Suggestion(std::string(1000, 'p'), names), "; there are: prompt, preamble");
  EXPECT_EQ(Suggestion("x", {}), "");
}

}  // namespace
}  // namespace assay
