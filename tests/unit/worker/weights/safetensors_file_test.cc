#include "worker/weights/safetensors_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/checkpoint_builder.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// The message of the refusal; "" where the file is accepted.
std::string Refusal(absl::string_view bytes) {
  auto file = SafetensorsFile::FromBytes("x.safetensors", bytes);
  if (file.ok()) return "";
  EXPECT_EQ(file.status().code(), absl::StatusCode::kInvalidArgument) << file.status();
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("x.safetensors"));
  return std::string(file.status().message());
}

std::string HeaderRefusal(absl::string_view header) {
  return Refusal(RawSafetensors(header, "12345678"));
}

TEST(SafetensorsFileTest, ListsTensorsInOrderOfName) {
  const std::string bytes =
      SafetensorsBytes({{"b", {2, 2}, {1, 2, 3, 4}}, {"a", {1}, {-0.5f}}}, TensorType::kBF16);
  auto file = SafetensorsFile::FromBytes("x.safetensors", bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_THAT((*file)->tensors(), SizeIs(2));
  const StoredTensor& a = (*file)->tensors()[0];
  const StoredTensor& b = (*file)->tensors()[1];
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.type, TensorType::kBF16);
  EXPECT_THAT(b.shape, ElementsAre(2, 2));
  std::vector<float> values(4);
  ToFloat32(b.type, b.bytes.data(), 4, values.data());
  EXPECT_THAT(values, ElementsAre(1, 2, 3, 4));
}

TEST(SafetensorsFileTest, LeavesOutIntegersThatAreNoWeights) {
  const std::string bytes =
      RawSafetensors(R"({"ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", "12345678");
  auto file = SafetensorsFile::FromBytes("x.safetensors", bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT((*file)->tensors(), IsEmpty());
  EXPECT_TRUE((*file)->Has("ids"));
}

TEST(SafetensorsFileTest, EveryTruncationIsRefused) {
  const std::string bytes = SafetensorsBytes({{"a", {2}, {1, 2}}, {"b", {1}, {3}}});
  ASSERT_THAT(Refusal(bytes), IsEmpty());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<char> part(bytes.begin(), bytes.begin() + static_cast<int64_t>(size));
    EXPECT_NE(Refusal(absl::string_view(part.data(), part.size())), "")
        << "accepted the first " << size << " of " << bytes.size() << " bytes";
  }
}

TEST(SafetensorsFileTest, TheHeadersLengthIsHeldAgainstTheFile) {
  std::string bytes = RawSafetensors("{}", "");
  bytes[7] = '\x7f';
  EXPECT_THAT(Refusal(bytes), AllOf(HasSubstr("claims 9151314442816847874 bytes"),
                                    HasSubstr("the file has 2 left")));
}

TEST(SafetensorsFileTest, RefusesAHeaderThatIsNotAnObject) {
  EXPECT_THAT(HeaderRefusal("{\"a\": \n nonsense}"), HasSubstr("header:2: not valid JSON"));
  EXPECT_THAT(HeaderRefusal("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(HeaderRefusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                            R"("a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})"),
              HasSubstr("\"a\" is there twice"));
  EXPECT_THAT(HeaderRefusal(absl::StrCat(std::string(100'000, '['), std::string(100'000, ']'))),
              HasSubstr("nested deeper"));
}

TEST(SafetensorsFileTest, RefusesBadEntries) {
  const auto with = [](absl::string_view dtype, absl::string_view shape,
                       absl::string_view offsets) {
    return HeaderRefusal(absl::StrCat(R"({"a.weight":{"dtype":)", dtype, R"(,"shape":)", shape,
                                      R"(,"data_offsets":)", offsets, "}}"));
  };
  EXPECT_THAT(with("\"F32\"", "[2]", "[0,8]"), IsEmpty());
  EXPECT_THAT(with("\"F32\"", "[0,7]", "[8,8]"), IsEmpty());
  EXPECT_THAT(with("\"F64\"", "[1]", "[0,8]"),
              AllOf(HasSubstr("a.weight"), HasSubstr("F64"), HasSubstr("BF16")));
  EXPECT_THAT(with("\"I16\"", "[4]", "[0,8]"), HasSubstr("dtype I16"));
  EXPECT_THAT(with("32", "[2]", "[0,8]"), HasSubstr("dtype"));
  EXPECT_THAT(with("\"F32\"", "[3]", "[0,8]"), AllOf(HasSubstr("12 bytes"), HasSubstr("8 bytes")));
  EXPECT_THAT(with("\"F32\"", "[3]", "[0,12]"),
              AllOf(HasSubstr("claims bytes 0 to 12"), HasSubstr("the file has 8 bytes")));
  EXPECT_THAT(with("\"F32\"", "[-2]", "[0,8]"), HasSubstr("shape"));
  EXPECT_THAT(with("\"F32\"", "[2.0]", "[0,8]"), HasSubstr("shape"));
  EXPECT_THAT(with("\"F32\"", "[18446744073709551615]", "[0,8]"), HasSubstr("shape"));
  EXPECT_THAT(with("\"F32\"", "[4611686018427387904,4]", "[0,8]"), HasSubstr("63 bits"));
  EXPECT_THAT(with("\"F32\"", "[2]", "[8,0]"), HasSubstr("data_offsets"));
  EXPECT_THAT(with("\"F32\"", "[2]", "[0]"), HasSubstr("data_offsets"));
  EXPECT_THAT(HeaderRefusal(R"({"a":7})"), HasSubstr("not an object"));
  EXPECT_THAT(HeaderRefusal(R"({"\u001b[31m":7})"), HasSubstr("\\x1b[31m"));
  EXPECT_THAT(HeaderRefusal(R"({"a":{"dtype":"F32"}})"), HasSubstr("shape"));
}

TEST(SafetensorsFileTest, RefusesTensorsThatShareBytes) {
  EXPECT_THAT(HeaderRefusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                            R"("b":{"dtype":"F16","shape":[1],"data_offsets":[4,6]}})"),
              AllOf(HasSubstr("\"b\" begins at byte 4"), HasSubstr("\"a\", which ends at 8")));
}

TEST(SafetensorsFileTest, SeedsOfTheFuzzerAreValid) {
  size_t seeds = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("tests/fuzz/corpus/safetensors_file_fuzz")) {
    auto file = SafetensorsFile::Open(entry.path().string());
    EXPECT_TRUE(file.ok()) << file.status();
    ++seeds;
  }
  EXPECT_GE(seeds, 2u);
}

}  // namespace
}  // namespace assay
