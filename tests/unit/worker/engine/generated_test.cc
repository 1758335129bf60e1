// What is generated, sampled and greedily, against what transformers writes with the same tiny
// checkpoints and the same random numbers (tests/golden/make_generated_golden.py).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/file.h"
#include "tests/unit/worker/engine/engine_runner.h"
#include "tests/unit/worker/model/model_runner.h"

namespace assay {
namespace {

using nlohmann::json;

json ReadJson(absl::string_view name) {
  return json::parse(ReadFile(absl::StrCat("tests/golden/", name)).value_or("{}"));
}

const json& Golden() {
  static const json& golden = *new json(ReadJson("generated.json"));
  return golden;
}

std::vector<std::string> Variants() {
  std::vector<std::string> variants;
  for (const auto& [name, outputs] : Golden().items()) variants.push_back(name);
  return variants;
}

class GeneratedTest : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(All, GeneratedTest, testing::ValuesIn(Variants()), [](const auto& info) {
  return absl::StrReplaceAll(info.param, {{"/", "_"}});
});

// All at once, so that prompts of every length are in one pass, those that begin alike among them.
TEST_P(GeneratedTest, IsWhatTransformersWrites) {
  std::vector<Request> requests;
  std::vector<TokenIds> wanted;
  const auto add = [&](const json& prompt, const TokenIds& tokens, const TokenSampling& sampling) {
    requests.push_back({.id = requests.size(),
                        .prompt = prompt.get<TokenIds>(),
                        .max_new_tokens = static_cast<int>(tokens.size()),
                        .stop_token_ids = {},
                        .choices = {},
                        .sampling = sampling});
    wanted.push_back(tokens);
  };
  for (const json& output : Golden()[GetParam()]) {
    const json& sampled = output["sampled"];
    add(output["prompt"], sampled["token_ids"].get<TokenIds>(),
        {.temperature = sampled["temperature"],
         .top_p = sampled["top_p"],
         .top_k = sampled["top_k"],
         .random = {.key = sampled["key"], .nonce = sampled["nonce"]}});
    // Null where two choices are close.
    const json greedy = output.value("greedy", json());
    if (!greedy.is_null()) add(output["prompt"], greedy.get<TokenIds>(), {});
  }
  // What make_families.py has already. Of a T5 it stands behind other tokens than the first.
  const bool goes_on = GetParam().starts_with("families/t5");
  for (const json& sequence : ReadJson(absl::StrCat(GetParam(), "/expected.json"))["sequences"]) {
    const TokenIds greedy = sequence.value("greedy", TokenIds());
    if (!greedy.empty() && !goes_on) add(sequence["token_ids"], greedy, {});
  }
  const auto model = LoadModelFrom(absl::StrCat("tests/golden/", GetParam()), Precision::kFloat32);
  ASSERT_NE(model, nullptr);
  for (const bool share : {true, false}) {
    const auto completions =
        RunAll(model.get(), {.kv_cache_bytes = 32 << 20, .share_prefixes = share}, requests);
    ASSERT_EQ(completions.size(), requests.size());
    for (size_t i = 0; i < requests.size(); ++i) {
      EXPECT_EQ(completions.at(i).token_ids, wanted[i])
          << requests[i].prompt.size() << " tokens, temperature "
          << requests[i].sampling.temperature << (share ? ", shared prefixes" : "");
    }
  }
}

TEST(GeneratedTableTest, HasEachVariantThatTransformersRuns) { EXPECT_GE(Variants().size(), 60u); }

}  // namespace
}  // namespace assay
