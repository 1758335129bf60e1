#include "worker/tokenizer/gguf_vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/gguf_builder.h"
#include "tests/unit/worker/tokenizer/test_vocabularies.h"
#include "worker/weights/gguf_file.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

GgufBuilder Tiny() {
  const GgufVocabulary vocabulary = ByteLevelVocabulary();
  GgufBuilder builder;
  builder.String("tokenizer.ggml.model", "gpt2")
      .String("tokenizer.ggml.pre", "smollm")
      .Strings("tokenizer.ggml.tokens", vocabulary.tokens)
      .Strings("tokenizer.ggml.merges", vocabulary.merges);
  return builder;
}

absl::StatusOr<std::unique_ptr<Tokenizer>> FromBytes(const std::string& bytes) {
  absl::StatusOr<std::unique_ptr<GgufFile>> file = GgufFile::FromBytes("tiny.gguf", bytes);
  if (!file.ok()) return file.status();
  return Tokenizer::FromGguf(**file);
}

TEST(GgufVocabularyTest, ReadsWhatTheFileSays) {
  GgufBuilder builder = Tiny();
  builder.Ints("tokenizer.ggml.token_type", ByteLevelVocabulary().token_types)
      .Uint32("tokenizer.ggml.bos_token_id", 264)
      .Uint32("tokenizer.ggml.eos_token_id", 265)
      .Uint32("tokenizer.ggml.unknown_token_id", 0)
      .Uint32("tokenizer.ggml.padding_token_id", 266)
      .Bool("tokenizer.ggml.add_bos_token", true)
      .Bool("tokenizer.ggml.add_eos_token", true)
      .String("tokenizer.chat_template", "{{ messages }}");
  const auto tokenizer = FromBytes(builder.Bytes());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_THAT((*tokenizer)->Encode("hello<note>", true).value(), ElementsAre(264, 259, 266, 265));
  EXPECT_EQ((*tokenizer)->special_tokens().bos, "<bos>");
  EXPECT_EQ((*tokenizer)->special_tokens().eos, "<eos>");
  EXPECT_EQ((*tokenizer)->special_tokens().pad, "<note>");
  EXPECT_EQ((*tokenizer)->chat_template(), "{{ messages }}");
  EXPECT_EQ((*tokenizer)->vocabulary_size(), 267);
}

TEST(GgufVocabularyTest, OptionalKeysMayBeAbsent) {
  const auto tokenizer = FromBytes(Tiny().Bytes());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_THAT((*tokenizer)->Encode("hello", true).value(), ElementsAre(259));
  EXPECT_EQ((*tokenizer)->special_tokens().bos, "");
}

TEST(GgufVocabularyTest, ErrorsNameFileAndKey) {
  EXPECT_THAT(FromBytes(GgufBuilder().Bytes()).status().message(),
              HasSubstr("tokenizer.ggml.model"));
  const auto unknown_type = FromBytes(Tiny().Ints("tokenizer.ggml.token_type", {1, 9}).Bytes());
  EXPECT_EQ(unknown_type.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(unknown_type.status().message(),
              HasSubstr("tiny.gguf: tokenizer.ggml.token_type: token 1 has the unknown type 9"));
  const auto wrong_kind = FromBytes(Tiny().String("tokenizer.ggml.add_bos_token", "yes").Bytes());
  EXPECT_EQ(wrong_kind.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(wrong_kind.status().message(), HasSubstr("tokenizer.ggml.add_bos_token"));
}

}  // namespace
}  // namespace assay
