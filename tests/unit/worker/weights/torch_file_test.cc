// Files of torch.save against the same tensors as safetensors (tests/golden/make_torch_files.py),
// and damaged or hostile ones.
#include "worker/weights/torch_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/file.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/zip_builder.h"
#include "worker/weights/checkpoint.h"
#include "worker/weights/safetensors_file.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr char kFolder[] = "tests/golden/torch_files/";

std::string Refusal(const std::string& bytes) {
  const auto file = TorchFile::FromBytes("a.bin", bytes);
  return file.ok() ? "" : std::string(file.status().message());
}

std::string Golden(const std::string& name) {
  auto bytes = ReadFile(kFolder + name);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return *std::move(bytes);
}

// Row by row, as a model's loading reads them.
std::vector<float> Values(const Checkpoint& reader, const StoredTensor& tensor) {
  int64_t count = 1;
  for (const int64_t size : tensor.shape) count *= size;
  std::vector<float> values(static_cast<size_t>(count));
  const int64_t rows = tensor.shape.empty() ? 1 : tensor.shape[0];
  for (int64_t row = 0; row < rows; ++row) {
    EXPECT_TRUE(reader.ReadRows(tensor, row, row + 1, values.data() + row * (count / rows)).ok());
  }
  return values;
}

class TorchFormTest : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, TorchFormTest,
                         testing::Values("zip.bin", "protocol4.bin", "legacy.bin", "checkpoint.pt",
                                         "legacy_checkpoint.pt"));

TEST_P(TorchFormTest, HoldsTheTensorsThatSafetensorsHolds) {
  const auto reader = Checkpoint::Open(absl::StrCat(kFolder, "model"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  // The double is no weight for either reader, and safetensors' reader knows no such type.
  const std::string reference_bytes =
      absl::StrReplaceAll(Golden("values.safetensors"), {{"\"F64\"", "\"I64\""}});
  const auto reference = SafetensorsFile::FromBytes("values", reference_bytes);
  const auto file = TorchFile::Open(absl::StrCat(kFolder, GetParam()));
  ASSERT_TRUE(reference.ok()) << reference.status();
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->CheckIntegrity().ok());
  ASSERT_EQ((*file)->tensors().size(), (*reference)->tensors().size());
  for (size_t i = 0; i < (*file)->tensors().size(); ++i) {
    const StoredTensor& got = (*file)->tensors()[i];
    const StoredTensor& wanted = (*reference)->tensors()[i];
    EXPECT_EQ(got.name, wanted.name);
    EXPECT_EQ(got.shape, wanted.shape) << got.name;
    EXPECT_EQ(got.type, wanted.type) << got.name;
    EXPECT_EQ(Values(**reader, got), Values(**reader, wanted)) << got.name;
    EXPECT_TRUE((*file)->Has(got.name));
  }
  std::set<std::string> integers;
  for (const StoredTensor& got : (*file)->integers()) {
    integers.insert(got.name);
    for (const StoredTensor& wanted : (*reference)->integers()) {
      if (got.name != wanted.name) continue;
      EXPECT_EQ(got.shape, wanted.shape) << got.name;
      EXPECT_EQ(got.type, wanted.type) << got.name;
      EXPECT_EQ(Values(**reader, got), Values(**reader, wanted)) << got.name;
    }
  }
  EXPECT_EQ(integers, (std::set<std::string>{"int32", "int64", "int8", "uint8"}));
  for (const char* name : {"bool", "int16", "float64"}) EXPECT_TRUE((*file)->Has(name)) << name;
}

TEST_P(TorchFormTest, ContiguousTensorsAreNotCopied) {
  const auto file = TorchFile::Open(absl::StrCat(kFolder, GetParam()));
  ASSERT_TRUE(file.ok()) << file.status();
  for (const StoredTensor& tensor : (*file)->tensors()) {
    const bool cut = tensor.name == "transposed.weight" || tensor.name == "columns.weight" ||
                     tensor.name == "permuted.weight" || tensor.name == "steps.weight";
    EXPECT_EQ(!tensor.strides.empty(), cut) << tensor.name;
    if (tensor.bytes.empty()) continue;
    EXPECT_GE(tensor.bytes.data(), (*file)->bytes().data());
    EXPECT_LE(tensor.bytes.data() + tensor.bytes.size(),
              (*file)->bytes().data() + (*file)->bytes().size());
  }
}

TEST_P(TorchFormTest, EveryTruncationIsRefused) {
  const std::string bytes = Golden(GetParam());
  for (size_t size = 0; size < bytes.size(); size += size + 40 < bytes.size() ? 13 : 1) {
    EXPECT_THAT(Refusal(bytes.substr(0, size)), HasSubstr("a.bin: ")) << size;
  }
}

TEST(TorchFileTest, ADamagedStorageHasAnotherChecksum) {
  std::string bytes = Golden("zip.bin");
  const auto whole = TorchFile::FromBytes("a.bin", bytes);
  ASSERT_TRUE(whole.ok()) << whole.status();
  const size_t at = static_cast<size_t>((*whole)->tensors()[0].bytes.data() - bytes.data());
  std::string damaged = bytes;
  damaged[at] = static_cast<char>(damaged[at] ^ 1);
  const auto file = TorchFile::FromBytes("a.bin", damaged);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(std::string((*file)->CheckIntegrity().message()), HasSubstr("checksum"));
  // The pickle's is checked at once.
  const size_t name = damaged.find("bf16.weight");
  damaged[name] = 'B';
  EXPECT_THAT(Refusal(damaged), AllOf(HasSubstr("data.pkl"), HasSubstr("checksum")));
}

TEST(TorchFileTest, ChecksumsThatWereNotComputedAreNotChecked) {
  const auto file = TorchFile::Open(absl::StrCat(kFolder, "no_checksums.bin"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->CheckIntegrity().ok());
}

TEST(TorchFileTest, WhatIsNotReadIsNamed) {
  EXPECT_THAT(Refusal(Golden("module.bin")),
              AllOf(HasSubstr("torch.nn.modules.linear.Linear"), HasSubstr("could run code")));
  EXPECT_THAT(Refusal(Golden("sparse.bin")), HasSubstr("torch._utils._rebuild_sparse_tensor"));
  EXPECT_THAT(
      Refusal(Golden("expanded.bin")),
      AllOf(HasSubstr("\"a.weight\" has 1000000 values, and its storage 1"), HasSubstr("clone()")));
  EXPECT_THAT(Refusal(Golden("double.bin")),
              AllOf(HasSubstr("\"a.weight\" has the type float64"), HasSubstr("bfloat16")));
  EXPECT_THAT(Refusal(Golden("list.bin")), HasSubstr("no tensors by name"));
  EXPECT_THAT(Refusal(Golden("script.pt")), HasSubstr("TorchScript"));
}

TEST(TorchFileTest, WhatIsNoFileOfTorchIsGuessed) {
  EXPECT_THAT(Refusal(""), HasSubstr("not a file of torch.save"));
  EXPECT_THAT(Refusal("version https://git-lfs.github.com/spec/v1\noid sha256:1"),
              HasSubstr("git lfs pull"));
  EXPECT_THAT(Refusal(std::string("GGUF\3\0\0\0", 8)), HasSubstr("GGUF"));
  std::string tar(512, '\0');
  tar.replace(257, 5, "ustar");
  EXPECT_THAT(Refusal(tar), HasSubstr("tar archive"));
  EXPECT_THAT(Refusal(ZipBytes({{"m/version", "3"}})), HasSubstr("without data.pkl"));
  EXPECT_THAT(Refusal(ZipBytes({{"m/data.pkl", "}.", {}, 8}})),
              AllOf(HasSubstr("\"m/data.pkl\" is compressed"), HasSubstr("zip -0")));
  EXPECT_THAT(Refusal(ZipBytes({{"m/data.pkl", ""}, {"n/data.pkl", ""}})),
              HasSubstr("two data.pkl"));
  EXPECT_THAT(Refusal(ZipBytes({{"m/data.pkl", "}."}, {"m/byteorder", "big"}})),
              HasSubstr("not little-endian"));
}

// A state dict of one tensor "w" of six float32 values in storage "0".
struct OneTensor {
  std::string name = "w";
  std::string storage_type = "ctorch\nFloatStorage\n";
  std::string storage_size = "K\x06";
  std::string offset = std::string("K\0", 2);
  std::string shape = "K\x02K\x03\x86";
  std::string strides = "K\x03K\x01\x86";
  std::string storage = std::string(24, 'v');
  bool twice = false;

  std::string Tensor() const {
    return absl::StrCat("X", LittleEndian(static_cast<uint32_t>(name.size())), name,
                        "ctorch._utils\n_rebuild_tensor_v2\n((U\x07storage", storage_type,
                        "U\x01"
                        "0U\x03"
                        "cpu",
                        storage_size, "tQ", offset, shape, strides,
                        "\x89"
                        "ccollections\nOrderedDict\n)RtR");
  }
  std::string Bytes() const {
    const std::string pickle = absl::StrCat("\x80\x02}(", Tensor(), twice ? Tensor() : "", "u.");
    return ZipBytes({{"m/data.pkl", pickle}, {"m/data/0", storage}});
  }
};

TEST(TorchFileTest, SizesAreCheckedAgainstTheStorage) {
  ASSERT_EQ(Refusal(OneTensor().Bytes()), "");
  const char* const beyond = "\"w\" reaches beyond its storage of 6 values";
  EXPECT_THAT(Refusal(OneTensor{.offset = "K\x01"}.Bytes()), HasSubstr(beyond));
  EXPECT_THAT(Refusal(OneTensor{.offset = "K\x07"}.Bytes()), HasSubstr(beyond));
  EXPECT_THAT(Refusal(OneTensor{.shape = "K\x03K\x03\x86"}.Bytes()), HasSubstr(beyond));
  EXPECT_THAT(Refusal(OneTensor{.strides = "K\x04K\x01\x86"}.Bytes()), HasSubstr(beyond));
  const std::string huge = std::string("\x8a\x08\0\0\0\0\0\0\0\x40", 10);
  EXPECT_THAT(Refusal(OneTensor{.offset = huge}.Bytes()), HasSubstr(beyond));
  EXPECT_THAT(Refusal(OneTensor{.shape = huge + huge + "\x86"}.Bytes()), HasSubstr(beyond));
  EXPECT_THAT(Refusal(OneTensor{.strides = huge + huge + "\x86"}.Bytes()), HasSubstr(beyond));
  EXPECT_THAT(Refusal(OneTensor{.strides = std::string("K\0K\0\x86", 5)}.Bytes()), "");
  EXPECT_THAT(
      Refusal(
          OneTensor{.shape = "K\x07K\x01\x86", .strides = std::string("K\0K\0\x86", 5)}.Bytes()),
      HasSubstr("expanded tensors are not read"));
  EXPECT_THAT(Refusal(OneTensor{.storage = "short"}.Bytes()),
              AllOf(HasSubstr("\"w\" needs storage \"0\" of 6 values"), HasSubstr("truncated")));
  EXPECT_THAT(Refusal(OneTensor{.storage_size = huge, .storage = "short"}.Bytes()),
              HasSubstr("not described as torch does"));
}

TEST(TorchFileTest, WrongPartsOfTensorsAreNamed) {
  const std::string negative = "J\xff\xff\xff\xff";
  EXPECT_THAT(Refusal(OneTensor{.offset = negative}.Bytes()), HasSubstr("\"w\" has an offset"));
  EXPECT_THAT(Refusal(OneTensor{.offset = "N"}.Bytes()), HasSubstr("\"w\" has an offset"));
  for (const std::string& sizes :
       {negative + "K\x01\x86", std::string("K\x06"), std::string("]")}) {
    EXPECT_THAT(Refusal(OneTensor{.shape = sizes}.Bytes()), HasSubstr("sizes or strides"));
    EXPECT_THAT(Refusal(OneTensor{.strides = sizes}.Bytes()), HasSubstr("sizes or strides"));
  }
  EXPECT_THAT(Refusal(OneTensor{.strides = "K\x01\x85"}.Bytes()),
              HasSubstr("2 sizes and 1 strides"));
  EXPECT_THAT(Refusal(OneTensor{.storage_type = "ctorch\nSize\n"}.Bytes()),
              HasSubstr("type is not known"));
  EXPECT_THAT(Refusal(OneTensor{.storage_type = "N"}.Bytes()), HasSubstr("type is not known"));
  EXPECT_THAT(Refusal(OneTensor{.storage_size = negative}.Bytes()),
              HasSubstr("storage is not described"));
  EXPECT_THAT(Refusal(OneTensor{.twice = true}.Bytes()), HasSubstr("\"w\" is there twice"));
  EXPECT_THAT(
      Refusal(OneTensor{.name = "w.weight", .storage_type = "ctorch\nLongStorage\n"}.Bytes()),
      HasSubstr("\"w.weight\" has the type int64"));
}

TEST(TorchFileTest, AStreamsStoragesAreCheckedAgainstTheObject) {
  const std::string bytes = Golden("legacy.bin");
  const auto with = [&](absl::string_view from, absl::string_view to) {
    EXPECT_TRUE(absl::StrContains(bytes, from));
    return Refusal(absl::StrReplaceAll(bytes, {{from, to}}));
  };
  EXPECT_THAT(with(absl::string_view("\xe9\x03.", 3), absl::string_view("\xe8\x03.", 3)),
              HasSubstr("version is not 1001"));
  EXPECT_THAT(with("little_endianq\x02\x88", "little_endianq\x02\x89"),
              HasSubstr("not little-endian"));
  // The number of values before the first storage.
  const auto file = TorchFile::FromBytes("a.bin", bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  const char* first = (*file)->bytes().data() + bytes.size();
  for (const StoredTensor& tensor : (*file)->tensors()) {
    if (!tensor.bytes.empty() && tensor.name == "one") first = tensor.bytes.data();
  }
  std::string damaged = bytes;
  damaged[static_cast<size_t>(first - (*file)->bytes().data()) - 8] = 99;
  EXPECT_THAT(Refusal(damaged), HasSubstr("values (truncated or damaged file)"));
}

}  // namespace
}  // namespace assay
