#include "client/registry/known_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/registry/model_facts_file.h"
#include "common/base/file.h"

namespace assay {
namespace {

TEST(KnownModelsTest, AreThoseOfTheRepositorysFile) {
  const auto known = KnownModels();
  ASSERT_TRUE(known.ok()) << known.status();
  const auto file = ReadModelFacts("models.yaml", ReadFile("deploy/models.yaml").value()).value();
  ASSERT_EQ(known->size(), file.size());
  for (size_t i = 0; i < file.size(); ++i) EXPECT_EQ((*known)[i].name, file[i].name);
}

TEST(KnownModelsTest, AreFoundByNameSourceAndAlias) {
  const std::vector<ModelFacts> known = KnownModels().value();
  for (const ModelFacts& facts : known) {
    EXPECT_EQ(FindKnown(known, facts.name), &facts);
    if (facts.source.empty()) continue;
    EXPECT_EQ(FindKnown(known, facts.source), &facts);
  }
  ASSERT_NE(FindKnown(known, "google/flan-t5-xl"), nullptr);
  EXPECT_EQ(FindKnown(known, "google/flan-t5-xl")->name, "flan-t5-xl");
  ASSERT_NE(FindKnown(known, "llama 13b"), nullptr);
  EXPECT_EQ(FindKnown(known, "llama 13b")->name, "llama-13b-hf");
  EXPECT_EQ(FindKnown(known, "nosuch"), nullptr);
  EXPECT_EQ(FindKnown(known, ""), nullptr);
}

TEST(KnownModelsTest, WhatAUserSaysOfAModelComesFirst) {
  ModelFacts own;
  own.name = "flan-t5-xl";
  own.license = "mine";
  const std::vector<ModelFacts> all = MergeKnown({own}, KnownModels().value());
  EXPECT_EQ(all.size(), KnownModels()->size());
  EXPECT_EQ(FindKnown(all, "flan-t5-xl")->license, "mine");
}

}  // namespace
}  // namespace assay
