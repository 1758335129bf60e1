#include "client/exchange/lm_eval_results.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "client/exchange/json_text.h"
#include "client/exchange/lm_eval_sample.h"

namespace assay {
namespace {

TEST(LmEvalRunTest, TellsWhatIsUsed) {
  const absl::StatusOr<LmEvalRun> run = ReadLmEvalRun(R"({
      "results": {}, "n-shot": {"a": 5, "b": -1, "c": "x"}, "date": 1790000000.5,
      "total_evaluation_time_seconds": "12.5", "lm_eval_version": "0.4.13",
      "system_instruction": "Be short.", "chat_template": "x",
      "config": {"model_dtype": "torch.bfloat16", "model_num_parameters": 134515008}})");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->version, "0.4.13");
  EXPECT_EQ(run->precision, v1::PRECISION_BFLOAT16);
  EXPECT_EQ(run->system_prompt, "Be short.");
  EXPECT_TRUE(run->has_chat_template);
  EXPECT_EQ(run->parameters, 134515008);
  EXPECT_EQ(run->shots, (std::map<std::string, int>{{"a", 5}}));
  EXPECT_EQ(run->started, absl::FromUnixMillis(1790000000500));
  EXPECT_EQ(run->finished - run->started, absl::Seconds(12.5));
}

TEST(LmEvalRunTest, WhatIsOfAnotherTypeIsNotKnown) {
  const absl::StatusOr<LmEvalRun> run = ReadLmEvalRun(R"({
      "results": {}, "n-shot": 5, "date": 1e300, "config": [], "lm_eval_version": null})");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->version, "of unknown version");
  EXPECT_FALSE(run->precision.has_value());
  EXPECT_TRUE(run->shots.empty());
  EXPECT_EQ(run->started, absl::InfinitePast());
  for (const char* text : {"", "[]", "{", R"({"results": 1})"}) {
    EXPECT_EQ(ReadLmEvalRun(text).status().message(), "is no results of lm-eval, or cut short");
  }
}

TEST(LmEvalSampleTest, WhatIsNestedWithoutEndIsRefused) {
  const auto nested = [](int depth) {
    return absl::StrCat(R"({"arguments": {"gen_args_0": {"arg_0": )", std::string(depth, '['),
                        std::string(depth, ']'), "}}, \"resps\": []}");
  };
  EXPECT_EQ(ReadLmEvalSample(nested(50)).status().message(), "resps: is missing or no list");
  EXPECT_EQ(ReadLmEvalSample(nested(1000000)).status().message(),
            "is no whole JSON object; is the file cut short?");
  EXPECT_FALSE(ParseJson(R"({"a": "[[[[\"{{"})").is_discarded());
}

}  // namespace
}  // namespace assay
