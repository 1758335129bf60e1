#include "worker/remote/echo_score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace assay {
namespace {

using ::testing::HasSubstr;

// Token i has the log-probability -2^i, so that a sum tells its terms; the first has none.
EchoAnswer Echo(const std::string& text, const std::vector<std::string>& tokens,
                const std::vector<int64_t>& offsets = {}) {
  EchoAnswer answer;
  answer.text = text;
  answer.tokens = tokens;
  answer.text_offsets = offsets;
  for (size_t i = 0; i < tokens.size(); ++i) {
    answer.logprobs.push_back(i == 0 ? std::nullopt : std::optional(-double(1 << i)));
  }
  return answer;
}

TEST(EchoScoreTest, TheChoicesTokensCountAndWhatIsWrittenAfterDoesNot) {
  const EchoAnswer answer = Echo("Q: Paris!", {"Q", ":", " Pa", "ris", "!"});
  EXPECT_EQ(*EchoedLogLikelihood(answer, "Q: Paris", 2, false), -4 - 8);
  EXPECT_EQ(*EchoedLogLikelihood(answer, "Q: Paris", 2, true), -4);
}

TEST(EchoScoreTest, ABosInFrontAndNothingWritten) {
  EXPECT_EQ(*EchoedLogLikelihood(Echo("Q: A", {"<s>", "Q", ":", " A"}), "Q: A", 2, false), -8);
  // A stop token that is written has no text.
  EXPECT_EQ(*EchoedLogLikelihood(Echo("Q: A", {"<s>", "Q", ":", " A", ""}), "Q: A", 2, false),
            -8 - 16);
}

TEST(EchoScoreTest, ATokenOverTheBoundaryCounts) {
  EXPECT_EQ(*EchoedLogLikelihood(Echo("Q: AB.", {"Q", ": A", "B", "."}), "Q: AB", 2, false),
            -2 - 4);
}

TEST(EchoScoreTest, OffsetsHelpWhereTextsDoNotAddUp) {
  const EchoAnswer answer = Echo("é: A.",
                                 {"\xE2\x96\x81é", ":",
                                  "\xE2\x96\x81"
                                  "A",
                                  "."},
                                 {0, 1, 2, 4});
  EXPECT_EQ(*EchoedLogLikelihood(answer, "é: A", 3, false), -4);
  EXPECT_EQ(EchoedLogLikelihood(Echo(answer.text, answer.tokens), "é: A", 3, false).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(EchoedLogLikelihood(Echo(answer.text, answer.tokens, {0, 2, 1, 4}), "é: A", 3, false)
                .status()
                .code(),
            absl::StatusCode::kDataLoss);
}

TEST(EchoScoreTest, AnEndpointThatDoesNotEcho) {
  const absl::Status status = EchoedLogLikelihood(Echo(".", {"."}), "Q: A", 2, false).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("gives no log-probabilities"));
}

TEST(EchoScoreTest, ATokenOfTheChoiceWithoutALogProbability) {
  EchoAnswer answer = Echo("Q: A", {"Q", ":", " A"});
  answer.logprobs[2] = std::nullopt;
  EXPECT_EQ(EchoedLogLikelihood(answer, "Q: A", 2, false).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace assay
