// Tokenizers of every form but tokenizer.json against transformers, sentencepiece, tiktoken and
// RWKV's own code: tests/golden/make_tokenizer_variants.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/file.h"
#include "common/base/sha256.h"
#include "common/benchmark/data_text.h"
#include "worker/tokenizer/tokenizer.h"

namespace assay {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<int32_t>;

constexpr char kFolder[] = "tests/golden/tokenizers";
constexpr size_t kIdsDigits = 8;  // of hexadecimal digests
constexpr size_t kTextDigits = 6;
constexpr int kMostShown = 5;

Json ReadJson(const std::string& folder, const std::string& name) {
  absl::StatusOr<std::string> content = ReadFile(absl::StrCat(folder, "/", name));
  EXPECT_TRUE(content.ok()) << content.status();
  content = ReadDataText({.path = name, .content = content.value_or("")});
  EXPECT_TRUE(content.ok()) << content.status();
  return Json::parse(content.value_or("null"));
}

std::string Hex(const Json& base64) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(base64.get<std::string>(), &bytes));
  return absl::BytesToHexString(bytes);
}

// What make_tokenizer_variants.py wrote to a folder.
class Variants {
 public:
  explicit Variants(const std::string& folder)
      : strings_(ReadJson(folder, "strings.json.gz")),
        files_(ReadJson(folder, "files.json.gz")),
        expected_(ReadJson(folder, "expected.json.gz")),
        variants_(ReadJson(folder, "variants.json")) {}

  size_t size() const { return variants_.size(); }

  void CompareAll() const {
    for (auto variant = variants_.begin(); variant != variants_.end(); ++variant) {
      SCOPED_TRACE(variant.key());
      const std::string folder = MakeFolder(variant.key(), *variant);
      const auto tokenizer = Tokenizer::FromFolder(folder);
      ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
      Compare(variant.key(), **tokenizer);
      std::filesystem::remove_all(folder);
    }
  }

 private:
  std::string MakeFolder(const std::string& name, const Json& contents) const {
    const std::filesystem::path folder =
        std::filesystem::path(::testing::TempDir()) / absl::StrCat("tokenizer_", name);
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    for (auto file = contents.begin(); file != contents.end(); ++file) {
      std::string bytes = file->dump();
      if (file->is_string()) {
        const auto base64 = files_.at(file->get<std::string>()).get<std::string>();
        EXPECT_TRUE(absl::Base64Unescape(base64, &bytes));
      }
      EXPECT_TRUE(WriteFile((folder / file.key()).string(), bytes).ok());
    }
    return folder.string();
  }

  // Says of the first strings that differ how they do.
  void Compare(const std::string& name, const Tokenizer& tokenizer) const {
    const Json& expected = expected_.at(name);
    const std::string ids_digests = Hex(expected["ids"]);
    const std::string text_digests = Hex(expected["decoded"]);
    ASSERT_EQ(ids_digests.size(), strings_.size() * kIdsDigits);
    ASSERT_EQ(text_digests.size(), strings_.size() * kTextDigits);
    int wrong_ids = 0;
    int wrong_texts = 0;
    std::string shown;
    for (size_t i = 0; i < strings_.size(); ++i) {
      const absl::StatusOr<Ids> ids = tokenizer.Encode(strings_[i], true);
      ASSERT_TRUE(ids.ok()) << "string " << i << ": " << ids.status();
      const std::string joined = absl::StrJoin(*ids, ",");
      const std::string start =
          absl::StrCat("\nstring ", i, " \"", absl::Utf8SafeCHexEscape(strings_[i]), "\" ");
      if (Digest(joined, kIdsDigits) != ids_digests.substr(i * kIdsDigits, kIdsDigits)) {
        if (++wrong_ids > kMostShown) continue;
        absl::StrAppend(&shown, start, "gives ", joined);
        const auto sample = expected["samples"].find(absl::StrCat(i));
        if (sample == expected["samples"].end()) continue;
        absl::StrAppend(&shown, " instead of ", absl::StrJoin(sample->get<Ids>(), ","));
        continue;
      }
      const std::string digest = text_digests.substr(i * kTextDigits, kTextDigits);
      if (digest == std::string(kTextDigits, '0')) continue;  // nothing to compare with
      const std::string plain = tokenizer.Decode(*ids, true).value();
      const std::string zero(1, '\0');
      // The reference may have no text with special tokens.
      if (Digest(absl::StrCat(plain, zero), kTextDigits) == digest) continue;
      const std::string whole = tokenizer.Decode(*ids, false).value();
      if (Digest(absl::StrCat(plain, zero, whole), kTextDigits) == digest) continue;
      if (++wrong_texts > kMostShown) continue;
      absl::StrAppend(&shown, start, "comes back as \"", absl::Utf8SafeCHexEscape(plain),
                      "\" or \"", absl::Utf8SafeCHexEscape(whole), "\"");
    }
    EXPECT_EQ(wrong_ids, 0) << "of " << strings_.size() << " strings; the first:" << shown;
    EXPECT_EQ(wrong_texts, 0) << "of " << strings_.size() << " strings; the first:" << shown;
  }

  static std::string Digest(const std::string& text, size_t digits) {
    return Sha256Hex(text).substr(0, digits);
  }

  const std::vector<std::string> strings_;
  const Json files_;
  const Json expected_;
  const Json variants_;
};

TEST(TokenizerVariantsTest, GiveTheIdsAndTextsOfTheirOwnCode) {
  const Variants variants(kFolder);
  ASSERT_GE(variants.size(), 25u);
  variants.CompareAll();
}

// Vocabularies of real models: make_tokenizer_variants.py --real FOLDER.
TEST(TokenizerVariantsTest, RealVocabulariesGiveTheSame) {
  const char* folder = std::getenv("ASSAY_REAL_TOKENIZERS");
  if (folder == nullptr) GTEST_SKIP() << "ASSAY_REAL_TOKENIZERS names no folder";
  Variants(folder).CompareAll();
}

}  // namespace
}  // namespace assay
