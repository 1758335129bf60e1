#include "common/catalog/declaration_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

std::string Text(int version) {
  return absl::StrCat(
      "name: n\nversion: ", version,
      "\ndescription: d\ndata: {files: d.csv, format: csv}\nitems: {fields: [q], target: t}\n"
      "protocols: [{name: p, request: generate, prompt: \"{q}\", max_output: 1, grader: "
      "number}]\n");
}

TEST(DeclarationCacheTest, ReadsEveryTextOnce) {
  DeclarationCache cache;
  const std::string sha256 = Sha256Hex(Text(1));
  EXPECT_EQ(cache.Find(sha256), nullptr);
  const auto read = cache.Read("n", Text(1), sha256);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ((*read)->source()->version, 1);
  EXPECT_EQ(cache.Find(sha256), *read);
  EXPECT_EQ(*cache.Read("n", "", sha256), *read);  // the text is not looked at again
}

TEST(DeclarationCacheTest, RefusesAnotherTextThanTheDigests) {
  DeclarationCache cache;
  EXPECT_THAT(std::string(cache.Read("n", Text(2), Sha256Hex(Text(1))).status().message()),
              HasSubstr("n: the text's sha256 is not "));
  EXPECT_THAT(std::string(cache.Read("n", "a: 1\n", Sha256Hex("a: 1\n")).status().message()),
              HasSubstr("n:1:1: unknown key \"a\""));
}

TEST(DeclarationCacheTest, WhatIsHeldStaysWhenOthersComeIn) {
  DeclarationCache cache;
  const std::string first = Sha256Hex(Text(1));
  const std::shared_ptr<const Benchmark> held = *cache.Read("n", Text(1), first);
  for (int version = 2; version < 100; ++version) {
    ASSERT_TRUE(cache.Read("n", Text(version), Sha256Hex(Text(version))).ok());
  }
  EXPECT_EQ(cache.Find(first), nullptr);
  EXPECT_EQ(held->name(), "n");
}

}  // namespace
}  // namespace assay
