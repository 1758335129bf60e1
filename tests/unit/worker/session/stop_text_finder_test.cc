#include "worker/session/stop_text_finder.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/session/fakes.h"

namespace assay {
namespace {

TEST(StopTextFinderTest, FindsATextWhenItsLastTokenComes) {
  const FakeCodec codec;
  const StopTextFinder is_over(codec, {"\ndef", "\n#"});
  const std::vector<int32_t> ids =
      FakeCodec::Ids("    return 1 # one, and a long line\n    x = 2\n\ndef g():");
  size_t first = 0;
  for (size_t n = 1; n <= ids.size() && first == 0; ++n) {
    if (is_over(absl::MakeConstSpan(ids).first(n))) first = n;
  }
  EXPECT_EQ(first, FakeCodec::Ids("    return 1 # one, and a long line\n    x = 2\n\ndef").size());
  EXPECT_FALSE(is_over(FakeCodec::Ids("def # nothing")));
  EXPECT_FALSE(is_over({}));
}

// A codec whose text depends on where it begins, as SentencePiece's does.
class StrippingCodec : public FakeCodec {
 public:
  absl::StatusOr<std::string> Decode(absl::Span<const int32_t> token_ids) const override {
    const std::string text = FakeCodec::Decode(token_ids).value();
    return text.substr(0, 1) == "x" ? "\n" + text : text;
  }
};

TEST(StopTextFinderTest, TheWholeOutputHasTheLastWord) {
  const StrippingCodec codec;
  const StopTextFinder is_over(codec, {"\nx"});
  // Ten tokens are looked at first; they begin with the x.
  EXPECT_FALSE(is_over(FakeCodec::Ids("abcx123456789")));
  EXPECT_TRUE(is_over(FakeCodec::Ids("abc\nx123456789")));
}

}  // namespace
}  // namespace assay
