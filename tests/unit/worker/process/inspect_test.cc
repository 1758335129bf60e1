#include "worker/process/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace assay {
namespace {

using ::testing::HasSubstr;

ModelSpec AModel() {
  ModelSpec model;
  model.name = "smol";
  model.path = "/models/caf\xE9.gguf";  // not UTF-8
  model.format = "gguf";
  model.architecture = "llama";
  model.weights_sha256 = "w";
  model.tokenizer_sha256 = "t";
  model.parameters = 134515008;
  model.context_length = 8192;
  model.vocabulary_size = 49152;
  model.stored_type = "Q4_1";
  model.characters_per_token = 4.5;
  return model;
}

TEST(InspectTest, JsonHasEveryField) {
  const nlohmann::json json = nlohmann::json::parse(ModelSpecJson(AModel()));
  EXPECT_EQ(json.size(), 11u);
  EXPECT_EQ(json["name"], "smol");
  EXPECT_EQ(json["path"], "/models/caf\uFFFD.gguf");
  EXPECT_EQ(json["format"], "gguf");
  EXPECT_EQ(json["architecture"], "llama");
  EXPECT_EQ(json["weights_sha256"], "w");
  EXPECT_EQ(json["tokenizer_sha256"], "t");
  EXPECT_EQ(json["parameters"], 134515008);
  EXPECT_EQ(json["context_length"], 8192);
  EXPECT_EQ(json["vocabulary_size"], 49152);
  EXPECT_EQ(json["stored_type"], "Q4_1");
  EXPECT_EQ(json["characters_per_token"], 4.5);
}

TEST(InspectTest, GenerationSettingsAreAnObjectWhereThereAreSome) {
  ModelSpec model = AModel();
  model.generation_settings = R"({"temperature":0.6,"top_p":0.9})";
  const nlohmann::json json = nlohmann::json::parse(ModelSpecJson(model));
  EXPECT_EQ(json["generation_settings"]["top_p"], 0.9);
  EXPECT_THAT(ModelSpecText(model), HasSubstr(R"({"temperature":0.6,"top_p":0.9})"));
}

TEST(InspectTest, TextHasALineAField) {
  const std::string text = ModelSpecText(AModel());
  EXPECT_THAT(text, HasSubstr("context_length        8192\n"));
  EXPECT_THAT(text, HasSubstr("stored_type           Q4_1\n"));
}

TEST(InspectTest, WhatIsNotAModelIsAnErrorOnStandardError) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(Inspect("x", "no/such/model.gguf", "", true), 1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("no/such/model.gguf"));
}

}  // namespace
}  // namespace assay
