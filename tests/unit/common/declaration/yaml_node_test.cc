#include "common/declaration/yaml_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

std::string Error(const std::string& text) {
  const auto node = ReadYaml("f.yaml", text);
  EXPECT_FALSE(node.ok()) << text;
  return std::string(node.status().message());
}

TEST(ReadYamlTest, KeepsPlacesAndQuotes) {
  const auto node = ReadYaml("f.yaml", "a: 1\nb:\n  - \"2\"\n  - |\n    x\n    y\nc:\n");
  ASSERT_TRUE(node.ok()) << node.status();
  ASSERT_EQ(node->kind, YamlNode::Kind::kMapping);
  EXPECT_EQ(node->Find("a")->text, "1");
  EXPECT_FALSE(node->Find("a")->is_quoted);
  EXPECT_EQ(node->Find("a")->line, 1);
  EXPECT_EQ(node->Find("a")->column, 4);
  const YamlNode& list = *node->Find("b");
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_TRUE(list.items[0].is_quoted);
  EXPECT_EQ(list.items[0].line, 3);
  EXPECT_EQ(list.items[0].column, 5);
  EXPECT_EQ(list.items[1].text, "x\ny\n");
  EXPECT_TRUE(list.items[1].is_quoted);
  EXPECT_EQ(node->Find("c")->kind, YamlNode::Kind::kNothing);
  EXPECT_EQ(node->Find("d"), nullptr);
}

TEST(ReadYamlTest, AliasesAreCopies) {
  const auto node = ReadYaml("f.yaml", "a: &x {k: [1, 2]}\nb: *x\n");
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->Find("b")->Find("k")->items[1].text, "2");
  EXPECT_EQ(node->Find("b")->line, 2);
}

TEST(ReadYamlTest, RefusesWhatNoDeclarationNeeds) {
  EXPECT_EQ(Error(""), "f.yaml: the file is empty");
  EXPECT_THAT(Error("a: [1\n"), HasSubstr("f.yaml:2:"));
  EXPECT_THAT(Error("a: 'x"), HasSubstr("not YAML: "));
  EXPECT_EQ(Error("a: 1\nb: 2\na: 3\n"), "f.yaml:3:1: the key \"a\" is there twice");
  EXPECT_EQ(Error("? [a]\n: 1\n"), "f.yaml:1:3: a key is a list where it must be a text");
  EXPECT_THAT(Error("a: !!binary x\n"), HasSubstr("f.yaml:1:4: the tag "));
  EXPECT_EQ(Error("a: 1\n---\nb: 2\n"), "f.yaml: the file holds more than one YAML document");
  EXPECT_THAT(Error("a: \xFF\n"), HasSubstr("f.yaml:1: byte 0xff is not UTF-8"));
  EXPECT_EQ(Error("a: &x [*x]\n"), "f.yaml:1:8: the alias is inside what it stands for");
  EXPECT_THAT(Error(std::string(17, '[') + std::string(17, ']')),
              HasSubstr("nested in more than 16 levels"));
  EXPECT_THAT(Error(std::string(5000, '[')), HasSubstr("nested in more than 16 levels"));
  EXPECT_THAT(Error(std::string(300000, 'a')), HasSubstr("has more than 262144 bytes"));
}

TEST(ReadYamlTest, AliasesDoNotGrowWithoutBound) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    absl::StrAppend(&text, "a", i, ": &a", i, " [");
    for (int k = 0; k < 10; ++k) absl::StrAppend(&text, k == 0 ? "" : ", ", "*a", i - 1);
    absl::StrAppend(&text, "]\n");
  }
  EXPECT_THAT(Error(text), HasSubstr("the document has more than 20000 values"));
}

}  // namespace
}  // namespace assay
