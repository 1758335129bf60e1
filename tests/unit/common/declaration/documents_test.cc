// What the documents say of declarations is true.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "common/base/file.h"
#include "common/declaration/declared_benchmark.h"
#include "common/scoring/grader_kind.h"

namespace assay {
namespace {

TEST(DocumentsTest, SchemaIsTheOneOfTheReader) {
  const auto document = ReadFile("docs/benchmark.schema.json");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(*document, JsonSchemaOf(DeclarationShape(), "benchmark.schema.json",
                                    "A benchmark that Assay can run"))
      << "write it anew: assay benchmark schema > docs/benchmark.schema.json";
}

TEST(DocumentsTest, ExamplesCanBeRead) {
  const std::string document = ReadFile("docs/own_benchmark.md").value();
  for (const char* name : {"capitals", "sums"}) {
    const std::string folder = std::string("docs/examples/") + name;
    const std::string path = folder + "/" + name + ".yaml";
    const auto text = ReadFile(path);
    ASSERT_TRUE(text.ok()) << text.status();
    // The document shows the file as it is, without its first line.
    EXPECT_THAT(document,
                testing::HasSubstr("```yaml\n" + text->substr(text->find('\n') + 1) + "```"));
    const auto benchmark = DeclaredBenchmark::Read(path, *text);
    ASSERT_TRUE(benchmark.ok()) << benchmark.status();
    const auto files = CollectFiles(**benchmark, folder);
    ASSERT_TRUE(files.ok()) << files.status();
    const auto items = (*benchmark)->Parse(*files);
    ASSERT_TRUE(items.ok()) << items.status();
    EXPECT_GE(items->size(), 10u);
  }
}

TEST(DocumentsTest, EveryGraderAndTemplateFunctionIsDescribed) {
  const std::string document = ReadFile("docs/own_benchmark.md").value();
  for (const GraderKind& kind : GraderKinds()) {
    EXPECT_THAT(document, testing::HasSubstr("| `" + kind.name + "` |"));
  }
  for (const std::string& function : TemplateFunctions()) {
    EXPECT_TRUE(absl::StrContains(document, "`" + function + "`") ||
                absl::StrContains(document, "|" + function + "}`"))
        << function;
  }
}

}  // namespace
}  // namespace assay
