#include "common/scoring/human_eval_program.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(HumanEvalProgramTest, OddIndentsArePadded) {
  EXPECT_EQ(ExtractInstructEvalCompletion("   # three\nreturn []\n     five"),
            "    # three\nreturn []\n      five");
  EXPECT_EQ(ExtractInstructEvalCompletion("    four\n \tone"), "    four\n  \tone");
}

TEST(HumanEvalProgramTest, LeadingLineFeedsGoAndTheRestAfterABlankLineToo) {
  EXPECT_EQ(ExtractInstructEvalCompletion("\n\n    return 1\n\ndef other():\n"), "    return 1");
  EXPECT_EQ(ExtractInstructEvalCompletion("    a\n    b\n"), "    a\n    b\n");
  // Only a line of no characters at all is blank, and a lone space becomes two.
  EXPECT_EQ(ExtractInstructEvalCompletion("a\n \nb"), "a\n  \nb");
  EXPECT_EQ(ExtractInstructEvalCompletion("\n  \n\nb"), "  ");
  EXPECT_EQ(ExtractInstructEvalCompletion("a\r\n\r\nb"), "a\r\n\r\nb");
}

TEST(HumanEvalProgramTest, NothingStaysNothing) {
  EXPECT_EQ(ExtractInstructEvalCompletion(""), "");
  EXPECT_EQ(ExtractInstructEvalCompletion("\n\n\n"), "");
}

TEST(HumanEvalProgramTest, ChatGlmRepeatsTheHead) {
  EXPECT_EQ(ExtractChatGlmCompletion("```python\ndef f():\n  \"\"\"Doc.\"\"\"\n   return `1`\n\nx"),
            "    return 1\n\nx");
  EXPECT_EQ(ExtractChatGlmCompletion("   a"), "    a");
  EXPECT_EQ(ExtractChatGlmCompletion("a \"\"\"\n"), "");
}

TEST(HumanEvalProgramTest, StopTextsComeFirst) {
  const CompletionRule whole{ProgramKind::kHumanEvalWhole, {"\nif", "\ndef"}};
  EXPECT_EQ(ExtractCompletion(whole, "   a\n\nb\ndef g\nif"), "   a\n\nb");
  EXPECT_EQ(ExtractCompletion(whole, "\na "), "\na ");
  EXPECT_EQ(ExtractCompletion({ProgramKind::kHumanEval, {"\ndef"}}, "   a\ndef g"), "    a");
  EXPECT_EQ(ExtractCompletion({ProgramKind::kHumanEvalChatGlm, {}}, "`a`\n\nb"), "a\n\nb");
}

TEST(HumanEvalProgramTest, ProgramIsPromptCompletionTestsAndCall) {
  Item item;
  item.fields = {{"prompt", "def f():\n"},
                 {"test", "def check(c):\n    assert c() == 1\n"},
                 {"entry_point", "f"}};
  EXPECT_EQ(MakeHumanEvalProgram(item, "    return 1"),
            "def f():\n    return 1\ndef check(c):\n    assert c() == 1\n\ncheck(f)");
}

}  // namespace
}  // namespace assay
