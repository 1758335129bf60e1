// Every prompt of the sample data and 200 of each published file, byte for byte as
// tests/golden/make_prompts_golden.py derives them from the same files.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"
#include "common/catalog/built_in.h"
#include "tests/unit/common/benchmark/test_data.h"

namespace assay {
namespace {

constexpr char kSampleData[] = "deploy/sample_data/";
constexpr char kPublishedData[] = "../shared/data/";

const Benchmark& Find(const std::string& name) { return **FindBenchmark(name); }

// The prompts of the first protocol by item id; "ID#0" and "ID#1" where there are two.
std::map<std::string, std::string> Prompts(const Benchmark& benchmark, const std::string& path) {
  const ProtocolSpec& protocol = benchmark.protocols().front();
  std::map<std::string, std::string> prompts;
  for (const auto& [name, group] : ByGroup(ParseFolder(benchmark, path))) {
    const auto selection = benchmark.Select(protocol, protocol.shots, group);
    EXPECT_TRUE(selection.ok()) << selection.status();
    if (!selection.ok()) return {};
    for (const Item& item : selection->items) {
      for (int variant = 0; variant < protocol.variants; ++variant) {
        const std::string key =
            protocol.variants > 1 ? absl::StrCat(item.id, "#", variant) : item.id;
        prompts[key] = benchmark.RenderVariant(protocol, item, selection->shots, variant);
      }
    }
  }
  return prompts;
}

void ExpectGolden(const nlohmann::json& golden, const std::string& folder) {
  const std::string path = golden["path"];
  SCOPED_TRACE(path);
  const auto prompts = Prompts(Find(golden["benchmark"]), folder + path);
  EXPECT_EQ(prompts.size(), golden["prompts"].get<size_t>());
  for (const auto& [key, sha256] : golden["sha256"].items()) {
    const auto prompt = prompts.find(key);
    ASSERT_NE(prompt, prompts.end()) << key;
    EXPECT_EQ(Sha256Hex(prompt->second), sha256) << key << "\n" << prompt->second;
  }
  if (!golden.contains("whole")) return;
  for (const auto& [key, text] : golden["whole"].items()) EXPECT_EQ(prompts.at(key), text) << key;
}

TEST(GoldenPromptsTest, SampleData) {
  const nlohmann::json golden = ReadGoldenJson("prompts.json");
  ASSERT_EQ(golden["sample"].size(), 6u);
  for (const nlohmann::json& entry : golden["sample"]) ExpectGolden(entry, kSampleData);
}

TEST(GoldenPromptsTest, PublishedData) {
  if (!std::filesystem::exists(kPublishedData)) {
    GTEST_SKIP() << kPublishedData << ", the published data, is not there";
  }
  const nlohmann::json golden = ReadGoldenJson("prompts.json");
  ASSERT_EQ(golden["published"].size(), 9u);
  for (const nlohmann::json& entry : golden["published"]) {
    // As many as there are where there are no 200.
    EXPECT_GE(entry["sha256"].size(), std::min<size_t>(entry["prompts"].get<size_t>(), 200));
    ExpectGolden(entry, kPublishedData);
  }
}

}  // namespace
}  // namespace assay
