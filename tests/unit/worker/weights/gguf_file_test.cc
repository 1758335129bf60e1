#include "worker/weights/gguf_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/gguf_builder.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr uint32_t kGgmlF32 = 0;
constexpr uint32_t kGgmlQ8_0 = 8;

GgufBuilder Sample() {
  GgufBuilder builder;
  builder.String("general.architecture", "llama")
      .Uint32("count", 7)
      .Float32("scale", 0.5f)
      .Bool("flag", true)
      .Strings("words", {"a", "", "long word"})
      .Ints("numbers", {-1, 2})
      .Floats("floats", {0.25f})
      .Tensor("matrix", {2, 3}, kGgmlF32, std::string(24, 'm'))
      .Tensor("vector", {4}, kGgmlF32, std::string(16, 'v'));
  return builder;
}

// The message of the refusal; "" where the file is accepted.
std::string Refusal(absl::string_view bytes) {
  auto file = GgufFile::FromBytes("x.gguf", bytes);
  if (file.ok()) return "";
  EXPECT_EQ(file.status().code(), absl::StatusCode::kInvalidArgument) << file.status();
  return std::string(file.status().message());
}
std::string Refusal(const GgufBuilder& builder) { return Refusal(builder.Bytes()); }

TEST(GgufFileTest, ReadsMetadataByType) {
  const std::string bytes = Sample().Bytes();
  auto file = GgufFile::FromBytes("x.gguf", bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->version(), 3u);
  EXPECT_EQ((*file)->GetString("general.architecture").value(), "llama");
  EXPECT_EQ((*file)->GetUint("count").value(), 7u);
  EXPECT_EQ((*file)->GetNumber("count").value(), 7.0);
  EXPECT_EQ((*file)->GetNumber("scale").value(), 0.5);
  EXPECT_TRUE((*file)->GetBool("flag").value());
  EXPECT_THAT((*file)->GetStrings("words").value(), ElementsAre("a", "", "long word"));
  EXPECT_THAT((*file)->GetInts("numbers").value(), ElementsAre(-1, 2));
  EXPECT_THAT((*file)->GetFloats("floats").value(), ElementsAre(0.25f));
  EXPECT_TRUE((*file)->IsArray("words"));
  EXPECT_FALSE((*file)->IsArray("count"));
}

TEST(GgufFileTest, ListsTensorsOutermostDimensionFirst) {
  const std::string bytes = Sample().Bytes();
  auto file = GgufFile::FromBytes("x.gguf", bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_THAT((*file)->tensors(), SizeIs(2));
  EXPECT_EQ((*file)->tensors()[0].name, "matrix");
  EXPECT_THAT((*file)->tensors()[0].shape, ElementsAre(2, 3));
  EXPECT_EQ((*file)->tensors()[0].bytes, std::string(24, 'm'));
  EXPECT_EQ((*file)->tensors()[1].bytes, std::string(16, 'v'));
}

TEST(GgufFileTest, MissingKeyIsAnErrorOrTheDefault) {
  const std::string bytes = Sample().Bytes();
  auto file = GgufFile::FromBytes("x.gguf", bytes);
  ASSERT_TRUE(file.ok());
  EXPECT_THAT(std::string((*file)->GetUint("llama.block_count").status().message()),
              AllOf(HasSubstr("x.gguf"), HasSubstr("llama.block_count")));
  EXPECT_EQ((*file)->GetUint("llama.block_count", 3).value(), 3u);
  EXPECT_EQ((*file)->GetString("none", "default").value(), "default");
}

TEST(GgufFileTest, WrongTypeIsAnErrorAlsoWithADefault) {
  const std::string bytes = Sample().Bytes();
  auto file = GgufFile::FromBytes("x.gguf", bytes);
  ASSERT_TRUE(file.ok());
  EXPECT_THAT(std::string((*file)->GetUint("words", 1).status().message()),
              HasSubstr("holds array of string"));
  EXPECT_FALSE((*file)->GetString("count").ok());
  EXPECT_FALSE((*file)->GetBool("count", false).ok());
  EXPECT_FALSE((*file)->GetNumber("flag").ok());
  EXPECT_FALSE((*file)->GetStrings("numbers").ok());
  EXPECT_FALSE((*file)->GetInts("words").ok());
  EXPECT_FALSE((*file)->GetFloats("numbers").ok());
}

TEST(GgufFileTest, IntegersOutOfRangeAreRefused) {
  const std::string bytes =
      GgufBuilder()
          .Value("negative", GgufType::kInt32, LittleEndian<int32_t>(-1))
          .Value("huge", GgufType::kUint64, LittleEndian<uint64_t>(1ull << 63))
          .Value("small", GgufType::kInt8, LittleEndian<int8_t>(5))
          .Float32("nan", std::numeric_limits<float>::quiet_NaN())
          .Bytes();
  auto file = GgufFile::FromBytes("x.gguf", bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_FALSE((*file)->GetUint("negative").ok());
  EXPECT_EQ((*file)->GetNumber("negative").value(), -1.0);
  EXPECT_FALSE((*file)->GetUint("huge").ok());
  EXPECT_EQ((*file)->GetUint("small").value(), 5u);
  EXPECT_FALSE((*file)->GetNumber("nan").ok());
}

TEST(GgufFileTest, EveryTruncationIsRefused) {
  const std::string bytes = Sample().Bytes();
  ASSERT_THAT(Refusal(bytes), IsEmpty());
  for (size_t size = 0; size < bytes.size(); ++size) {
    // A copy of exactly that size, so that a sanitizer sees a read past the end.
    const std::vector<char> part(bytes.begin(), bytes.begin() + static_cast<int64_t>(size));
    EXPECT_THAT(Refusal(absl::string_view(part.data(), part.size())), HasSubstr("x.gguf"))
        << "accepted the first " << size << " of " << bytes.size() << " bytes";
  }
}

TEST(GgufFileTest, RefusesOtherFilesAndVersions) {
  EXPECT_THAT(Refusal("PK\3\4 and more"), HasSubstr("not a GGUF file"));
  EXPECT_THAT(Refusal(GgufBuilder(1)), HasSubstr("version 1"));
  EXPECT_THAT(Refusal(GgufBuilder(0x03000000)), HasSubstr("big-endian"));
  EXPECT_THAT(Refusal(GgufBuilder(2)), IsEmpty());
}

TEST(GgufFileTest, CountsAreHeldAgainstTheFile) {
  const std::string counts = absl::StrCat("GGUF", LittleEndian<uint32_t>(3));
  EXPECT_THAT(
      Refusal(absl::StrCat(counts, LittleEndian<uint64_t>(1ull << 60), LittleEndian<uint64_t>(0))),
      AllOf(HasSubstr("tensors"), HasSubstr("1152921504606846976"), HasSubstr("0 bytes left")));
  EXPECT_THAT(
      Refusal(absl::StrCat(counts, LittleEndian<uint64_t>(0), LittleEndian<uint64_t>(~0ull))),
      AllOf(HasSubstr("keys"), HasSubstr("18446744073709551615")));
  EXPECT_THAT(Refusal(GgufBuilder().Array("tokens", GgufType::kFloat64, 1ull << 62, "12345678")),
              AllOf(HasSubstr("tokens"), HasSubstr("4611686018427387904")));
  EXPECT_THAT(
      Refusal(GgufBuilder().Value("name", GgufType::kString, LittleEndian(~0ull))),
      AllOf(HasSubstr("name"), HasSubstr("claims 18446744073709551615 bytes, the file has")));
}

TEST(GgufFileTest, RefusesBadValues) {
  EXPECT_THAT(Refusal(GgufBuilder().Uint32("k", 1).Uint32("k", 2)),
              HasSubstr("\"k\" is there twice"));
  EXPECT_THAT(Refusal(GgufBuilder().Value("k", static_cast<GgufType>(13), "")),
              HasSubstr("unknown type 13"));
  EXPECT_THAT(Refusal(GgufBuilder().Value("k", GgufType::kBool, "\2")),
              HasSubstr("neither 0 nor 1"));
}

TEST(GgufFileTest, NestingOfArraysHasALimit) {
  const auto nested = [](int depth) {
    const std::string array_of_one_array =
        absl::StrCat(LittleEndian<uint32_t>(9), LittleEndian<uint64_t>(1));
    std::string inside;
    for (int i = 1; i < depth; ++i) inside += array_of_one_array;
    absl::StrAppend(&inside, LittleEndian<uint32_t>(0), LittleEndian<uint64_t>(0));
    return GgufBuilder().Value("k", GgufType::kArray, inside);
  };
  EXPECT_THAT(Refusal(nested(8)), IsEmpty());
  EXPECT_THAT(Refusal(nested(9)), HasSubstr("nests more than 8 arrays"));
  EXPECT_THAT(Refusal(nested(100'000)), HasSubstr("nests more than 8 arrays"));
}

TEST(GgufFileTest, RefusesBadTensors) {
  const std::string data(64, 'd');
  const auto with = [&](std::vector<uint64_t> dimensions, uint32_t type, uint64_t offset) {
    return GgufBuilder().RawTensor("t", dimensions, type, offset, data);
  };
  EXPECT_THAT(Refusal(with({16}, kGgmlF32, 0)), IsEmpty());
  EXPECT_THAT(Refusal(with({}, kGgmlF32, 0)), HasSubstr("0 dimensions"));
  EXPECT_THAT(Refusal(with({1, 1, 1, 1, 1}, kGgmlF32, 0)), HasSubstr("5 dimensions"));
  EXPECT_THAT(Refusal(with({0}, kGgmlF32, 0)), HasSubstr("dimension 0 is 0"));
  EXPECT_THAT(Refusal(with({1ull << 40, 1ull << 40}, kGgmlF32, 0)), HasSubstr("dimension 1"));
  EXPECT_THAT(Refusal(with({1ull << 62}, kGgmlF32, 0)), HasSubstr("more bytes than fit"));
  EXPECT_THAT(Refusal(with({17}, kGgmlF32, 0)),
              AllOf(HasSubstr("\"t\" claims 68 bytes"), HasSubstr("the file has 64 bytes")));
  EXPECT_THAT(Refusal(with({1}, kGgmlF32, 1ull << 63)), HasSubstr("9223372036854775808"));
  EXPECT_THAT(Refusal(with({1}, kGgmlF32, 4)), HasSubstr("not a multiple of the alignment 32"));
  EXPECT_THAT(Refusal(with({33}, kGgmlQ8_0, 0)), HasSubstr("rows of 33 values"));
  EXPECT_THAT(Refusal(with({1}, 20, 0)), AllOf(HasSubstr("IQ4_NL"), HasSubstr("Q6_K")));
  EXPECT_THAT(Refusal(with({1}, 999, 0)), HasSubstr("number 999"));
}

TEST(GgufFileTest, RefusesTensorsThatShareBytesOrNames) {
  EXPECT_THAT(Refusal(GgufBuilder()
                          .RawTensor("a", {16}, kGgmlF32, 0, std::string(64, 'a'))
                          .RawTensor("b", {8}, kGgmlF32, 32, "")),
              AllOf(HasSubstr("\"b\" begins at offset 32"), HasSubstr("\"a\", which ends at 64")));
  EXPECT_THAT(
      Refusal(GgufBuilder().Tensor("a", {1}, kGgmlF32, "1234").Tensor("a", {1}, kGgmlF32, "1234")),
      HasSubstr("\"a\" is there twice"));
}

TEST(GgufFileTest, AlignmentIsAPowerOfTwo) {
  const auto with = [](uint32_t alignment) {
    return GgufBuilder().Uint32("general.alignment", alignment).Tensor("t", {1}, kGgmlF32, "1234");
  };
  EXPECT_THAT(Refusal(with(32)), IsEmpty());
  EXPECT_THAT(Refusal(with(0)), HasSubstr("general.alignment"));
  EXPECT_THAT(Refusal(with(24)), HasSubstr("general.alignment"));
  EXPECT_THAT(Refusal(with(1u << 31)), HasSubstr("the file has 0 bytes of data"));
}

TEST(GgufFileTest, RefusesAPartOfASplitModel) {
  EXPECT_THAT(
      Refusal(GgufBuilder().Value("split.count", GgufType::kUint16, LittleEndian<uint16_t>(3))),
      HasSubstr("one of 3 parts"));
}

TEST(GgufFileTest, NamesInMessagesArePrintable) {
  EXPECT_THAT(Refusal(GgufBuilder().Tensor("\x1b[31m", {1}, 999, "")), HasSubstr("\\x1b[31m"));
}

TEST(GgufFileTest, OpenNamesThePathThatIsNotThere) {
  EXPECT_THAT(std::string(GgufFile::Open("/nonexistent/m.gguf").status().message()),
              HasSubstr("/nonexistent/m.gguf"));
}

// The fuzzer finds little behind the header when its seeds are refused there.
TEST(GgufFileTest, SeedsOfTheFuzzerAreValid) {
  size_t seeds = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("tests/fuzz/corpus/gguf_file_fuzz")) {
    auto file = GgufFile::Open(entry.path().string());
    EXPECT_TRUE(file.ok()) << file.status();
    ++seeds;
  }
  EXPECT_GE(seeds, 3u);
}

}  // namespace
}  // namespace assay
