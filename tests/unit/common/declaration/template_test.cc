#include "common/declaration/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using ::testing::ElementsAre;

const std::vector<std::string> kNames = {"question", "group"};

std::string Render(absl::string_view text) {
  std::vector<std::string> problems;
  const Template parsed = Template::Parse(text, kNames, &problems);
  EXPECT_THAT(problems, ElementsAre()) << text;
  return parsed.Render([](const std::string& name) {
    return name == "question" ? " Wh\u00c4t {group}? \n" : "high_school";
  });
}

std::vector<std::string> Problems(absl::string_view text) {
  std::vector<std::string> problems;
  Template::Parse(text, kNames, &problems);
  return problems;
}

TEST(TemplateTest, FillsPlacesOnce) {
  EXPECT_EQ(Render("Q: {question}A:"), "Q:  Wh\u00c4t {group}? \nA:");
  EXPECT_EQ(Render("{group}{ group }"), "high_schoolhigh_school");
  EXPECT_EQ(Render("{{group}} }}{{"), "{group} }{");
  EXPECT_EQ(Render(""), "");
}

TEST(TemplateTest, FunctionsGoFromLeftToRight) {
  EXPECT_EQ(Render("{question|strip}"), "Wh\u00c4t {group}?");
  EXPECT_EQ(Render("{question | strip | lower}"), "wh\u00e4t {group}?");
  EXPECT_EQ(Render("{group|words|upper}"), "HIGH SCHOOL");
}

TEST(TemplateTest, TellsEveryMistake) {
  EXPECT_THAT(Problems("{queston} {group|stripp} } {"),
              ElementsAre("nothing is called \"queston\" here; did you mean \"question\"?",
                          "no function is called \"stripp\"; did you mean \"strip\"?",
                          "a \"}\" closes nothing; write }} for a brace of the text",
                          "a \"{\" is never closed; write {{ for a brace of the text"));
  EXPECT_THAT(Problems("{xyzzyx}"),
              ElementsAre("nothing is called \"xyzzyx\" here; there are: question, group"));
  EXPECT_THAT(Problems("{a {group}"),
              ElementsAre("a \"{\" is never closed; write {{ for a brace of the text"));
  EXPECT_EQ(Problems("{}").size(), 1u);
}

TEST(TemplateTest, KnowsWhatItMentions) {
  std::vector<std::string> problems;
  const Template parsed = Template::Parse("{group|lower} question", kNames, &problems);
  EXPECT_TRUE(parsed.Mentions("group"));
  EXPECT_FALSE(parsed.Mentions("question"));
}

}  // namespace
}  // namespace assay
