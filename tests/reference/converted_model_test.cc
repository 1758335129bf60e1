// That the demo model's GGUF file and the Hugging Face folder that
// tests/bench/peers/prepare_model.py makes of it (ASSAY_CONVERTED_MODEL, its folder float32) are
// one model to the engine: the same bits in each weight, the same settings, the same ids of each of
// BBH's prompts. What is computed depends on nothing else, so that every prediction is the same, in
// any precision.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/benchmark/benchmark.h"
#include "common/catalog/built_in.h"
#include "tests/support/demo_model.h"
#include "worker/tokenizer/tokenizer.h"
#include "worker/weights/checkpoint.h"
#include "worker/weights/gguf_file.h"

namespace assay {
namespace {

constexpr char kBbh[] = "../shared/data/bbh";

class ConvertedModelTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("ASSAY_CONVERTED_MODEL");
    if (folder == nullptr || DemoModelPath().empty()) {
      GTEST_SKIP() << "ASSAY_CONVERTED_MODEL names no folder, or the demo model is not here";
    }
    auto file = Checkpoint::Open(DemoModelPath());
    ASSERT_TRUE(file.ok()) << file.status();
    file_ = *std::move(file);
    auto converted = Checkpoint::Open(folder);
    ASSERT_TRUE(converted.ok()) << converted.status();
    folder_ = *std::move(converted);
  }

  std::unique_ptr<Checkpoint> file_, folder_;
};

TEST_F(ConvertedModelTest, TheSameBitsInEachWeight) {
  int64_t values = 0;
  ASSERT_EQ(file_->tensors().size(), folder_->tensors().size());
  for (const StoredTensor& tensor : folder_->tensors()) {
    const auto other = file_->Find(tensor.name);
    ASSERT_TRUE(other.ok()) << other.status();
    ASSERT_EQ((*other)->shape, tensor.shape) << tensor.name;
    size_t size = 1;
    for (const int64_t dimension : tensor.shape) size *= static_cast<size_t>(dimension);
    std::vector<float> ours(size), theirs(size);
    ASSERT_TRUE(file_->ReadRows(**other, 0, tensor.shape[0], ours.data()).ok());
    ASSERT_TRUE(folder_->ReadRows(tensor, 0, tensor.shape[0], theirs.data()).ok());
    EXPECT_EQ(std::memcmp(ours.data(), theirs.data(), size * sizeof(float)), 0) << tensor.name;
    values += static_cast<int64_t>(size);
  }
  std::cout << values << " weights in " << folder_->tensors().size() << " tensors\n";
}

TEST_F(ConvertedModelTest, TheSameSettings) {
  const nlohmann::json& ours = file_->config();
  const nlohmann::json& theirs = folder_->config();
  const nlohmann::json rotary = theirs.value("rope_parameters", theirs);
  for (const char* key : {"model_type", "hidden_size", "intermediate_size", "num_hidden_layers",
                          "num_attention_heads", "num_key_value_heads", "max_position_embeddings",
                          "vocab_size", "tie_word_embeddings"}) {
    EXPECT_EQ(ours.value(key, nlohmann::json()), theirs.value(key, nlohmann::json())) << key;
  }
  EXPECT_EQ(ours.at("rms_norm_eps").get<float>(), theirs.at("rms_norm_eps").get<float>());
  EXPECT_EQ(ours.at("rope_theta").get<float>(), rotary.at("rope_theta").get<float>());
  EXPECT_EQ(rotary.value("rope_type", "default"), "default");
  EXPECT_TRUE(ours.value("rope_scaling", nlohmann::json()).is_null()) << ours["rope_scaling"];
  const nlohmann::json ends = theirs.at("eos_token_id");
  EXPECT_EQ(ends.is_array() ? ends : nlohmann::json::array({ends}),
            nlohmann::json::array({ours.at("eos_token_id")}));
}

TEST_F(ConvertedModelTest, TheSameIdsOfEachPrompt) {
  if (!std::filesystem::exists(kBbh)) GTEST_SKIP() << "BBH (" << kBbh << ") is not here";
  const auto of_file = Tokenizer::FromGguf(*file_->gguf());
  const auto of_folder = Tokenizer::FromFolder(folder_->tokenizer_folder());
  ASSERT_TRUE(of_file.ok() && of_folder.ok());
  const Benchmark& bbh = **FindBenchmark("bbh");
  const ProtocolSpec& protocol = **bbh.FindProtocol("instructeval");
  const auto files = CollectFiles(bbh, kBbh);
  const auto items = bbh.Parse(files.value());
  std::map<std::string, std::vector<Item>> tasks;
  for (const Item& item : items.value()) tasks[item.group].push_back(item);
  int64_t prompts = 0, ids = 0;
  for (const auto& [task, members] : tasks) {
    const auto selection = bbh.Select(protocol, protocol.shots, members);
    for (const Item& item : selection.value().items) {
      std::vector<int32_t> ours;
      const auto fitted = FitPrompt(bbh, protocol, item, selection->shots,
                                    [&](absl::string_view text) -> absl::StatusOr<int64_t> {
                                      ours = (*of_file)->Encode(text, true).value();
                                      return static_cast<int64_t>(ours.size());
                                    });
      ASSERT_EQ((*of_file)->Encode(fitted->text, true).value(),
                (*of_folder)->Encode(fitted->text, true).value())
          << item.id;
      ++prompts;
      ids += static_cast<int64_t>(ours.size());
    }
  }
  EXPECT_GT(prompts, 0);
  std::cout << prompts << " prompts, " << ids << " ids\n";
  // Answers are decoded by either in the same way.
  for (int32_t id = 0; id < (*of_file)->vocabulary_size(); ++id) {
    ASSERT_EQ((*of_file)->Decode({0, id}, true).value(),
              (*of_folder)->Decode({0, id}, true).value())
        << id;
  }
}

}  // namespace
}  // namespace assay
