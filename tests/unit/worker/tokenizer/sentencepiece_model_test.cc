#include "worker/tokenizer/sentencepiece_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/worker/tokenizer/sentencepiece_builder.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kFile[] = "some/tokenizer.model";

std::string Refusal(const std::string& bytes) {
  const auto model = ParseSentencePieceModel(kFile, bytes);
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()), StartsWith(absl::StrCat(kFile, ": ")));
  return std::string(model.status().message());
}

TEST(SentencePieceModelTest, ReadsPiecesAndSpecs) {
  const std::string normalizer = NumberField(3, 0) + NumberField(4, 0) + NumberField(5, 1);
  const auto model = ParseSentencePieceModel(
      kFile,
      absl::StrCat(SmallPieces(), Piece("<0x41>", 0, 6),
                   BytesField(2, NumberField(3, 2) + NumberField(35, 1) + NumberField(40, 0)),
                   BytesField(3, normalizer), BytesField(77, "of a later version")));
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ(model->pieces.size(), 9u);
  EXPECT_EQ(model->pieces[6].text, "\u2581a");
  EXPECT_EQ(model->pieces[6].score, -1);
  EXPECT_EQ(model->pieces[6].type, PieceType::kNormal);
  EXPECT_EQ(model->pieces[8].type, PieceType::kByte);
  EXPECT_EQ(model->algorithm, SentencePieceAlgorithm::kBpe);
  EXPECT_TRUE(model->byte_fallback);
  EXPECT_FALSE(model->add_dummy_prefix);
  EXPECT_FALSE(model->remove_extra_whitespaces);
  EXPECT_EQ(model->unk_id, 0);
}

TEST(SentencePieceModelTest, LeftOutFieldsHaveTheirDefaults) {
  const auto model = ParseSentencePieceModel(kFile, SmallPieces());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->algorithm, SentencePieceAlgorithm::kUnigram);
  EXPECT_FALSE(model->byte_fallback);
  EXPECT_TRUE(model->add_dummy_prefix);
  EXPECT_TRUE(model->remove_extra_whitespaces);
}

TEST(SentencePieceModelTest, RefusesWhatIsNoModel) {
  EXPECT_THAT(Refusal(""), HasSubstr("it has no pieces"));
  EXPECT_THAT(Refusal("{\"model\": 1}"), HasSubstr("not a SentencePiece model"));
  const std::string model = SmallModel();
  for (size_t size = 1; size < model.size(); ++size) {
    (void)ParseSentencePieceModel(kFile, model.substr(0, size));  // nothing is read beyond it
  }
  EXPECT_THAT(Refusal(model.substr(0, model.size() - 1)), HasSubstr("is cut off"));
}

TEST(SentencePieceModelTest, RefusesBadPieces) {
  const std::string start = SmallPieces();
  EXPECT_THAT(Refusal(start + Piece("a", -1)), HasSubstr("piece 8 (\"a\") is also piece 4"));
  EXPECT_THAT(Refusal(start + Piece("", -1)), HasSubstr("piece 8 is empty"));
  EXPECT_THAT(Refusal(start + Piece("x\xFF", -1)), HasSubstr("piece 8 (\"x\\xff\") is not UTF-8"));
  EXPECT_THAT(Refusal(start + Piece("x", std::numeric_limits<float>::infinity())),
              HasSubstr("piece 8 has a score that is not finite"));
  EXPECT_THAT(Refusal(start + Piece("x", -1, 9)), HasSubstr("piece 8 has the unknown type 9"));
  EXPECT_THAT(Refusal(start + Piece(std::string(5000, 'x'), -1)), HasSubstr("5000 bytes"));
  EXPECT_THAT(Refusal(start + Piece("?", 0, 2)), HasSubstr("piece 8 is a second unknown piece"));
  EXPECT_THAT(Refusal(Piece("a", -1)), HasSubstr("there is no unknown piece"));
  EXPECT_THAT(Refusal(start + BytesField(1, BytesField(1, "x").substr(0, 2))),
              HasSubstr("piece 8 is cut off"));
}

TEST(SentencePieceModelTest, RefusesWhatItCannotDo) {
  const auto trainer = [](const std::string& spec) { return SmallPieces() + BytesField(2, spec); };
  EXPECT_THAT(Refusal(trainer(NumberField(3, 3))), HasSubstr("trainer_spec.model_type 3"));
  EXPECT_THAT(Refusal(trainer(NumberField(24, 1))), HasSubstr("treat_whitespace_as_suffix"));
  EXPECT_THAT(Refusal(trainer(NumberField(40, 5))),
              HasSubstr("unk_id is 5, but the unknown piece is 0"));
  EXPECT_THAT(Refusal(SmallPieces() + BytesField(3, NumberField(5, 0))),
              HasSubstr("escape_whitespaces"));
}

// A trie of 256 units without children, and a root.
std::string Charsmap(uint32_t root, const std::string& replacements, uint32_t other = 0) {
  std::string units = LittleEndian(root);
  for (int i = 1; i < 256; ++i) units += LittleEndian(i == 97 ? other : 0);
  return LittleEndian(static_cast<uint32_t>(units.size())) + units + replacements;
}

TEST(CharsmapTest, LeadsNeitherOutOfItselfNorToNothing) {
  const std::string end(1, '\0');
  EXPECT_TRUE(CheckCharsmap("").ok());
  EXPECT_TRUE(CheckCharsmap(Charsmap(0, "x" + end)).ok());
  const auto refusal = [](const std::string& charsmap) {
    return std::string(CheckCharsmap(charsmap).message());
  };
  EXPECT_THAT(refusal("ab"), HasSubstr("shorter than its header"));
  EXPECT_THAT(refusal(LittleEndian(0xFFFFFFFC)), HasSubstr("does not fit"));
  EXPECT_THAT(refusal(Charsmap(1 << 18, "x" + end)), HasSubstr("unit 0 of the trie leads out"));
  EXPECT_THAT(refusal(Charsmap(0, "x" + end, 0x80000005)), HasSubstr("unit 97"));
  EXPECT_THAT(refusal(Charsmap(0, "x" + end, 1 << 8)), HasSubstr("leads to no value"));
  EXPECT_THAT(refusal(Charsmap(0, "x")), HasSubstr("no end"));
  EXPECT_THAT(refusal(Charsmap(0, "\xFF" + end)), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusal(Charsmap(0, "\u00e9" + end, 0x80000001)), HasSubstr("to no replacement"));
}

TEST(CharsmapTest, IsCheckedWithTheModel) {
  EXPECT_THAT(Refusal(SmallPieces() + BytesField(3, BytesField(2, "abc"))),
              HasSubstr("normalizer_spec.precompiled_charsmap"));
}

}  // namespace
}  // namespace assay
