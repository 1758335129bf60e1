// The model commands that look at this machine's files, on a Hugging Face cache made here.
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>

#include "client/output/record_writer.h"
#include "common/base/file.h"
#include "tests/unit/client/commands/commands_fixture.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kPrinted[] = R"({"name": "NAME", "path": "PATH", "format": "huggingface",
  "architecture": "t5", "weights_sha256": "aa", "tokenizer_sha256": "bb", "parameters": 134515008,
  "context_length": 512, "vocabulary_size": 32128, "stored_type": "float32",
  "characters_per_token": 3.9, "generation_settings": {"temperature": 0.6}})";

class ModelsTest : public CommandsTest {
 protected:
  ModelsTest() {
    std::string pattern = testing::TempDir() + "assay-models-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    cache_ = folder_ + "/hub";
    fs::create_directories(cache_);
    setenv("HF_HUB_CACHE", cache_.c_str(), 1);
    // Prints what it was asked about, as assay-worker inspect does.
    const std::string worker = folder_ + "/worker";
    EXPECT_TRUE(
        WriteFile(worker, std::string("#!/bin/sh\ncat <<E | sed \"s|NAME|$3|; s|PATH|$4|\"\n") +
                              kPrinted + "\nE\n")
            .ok());
    EXPECT_EQ(chmod(worker.c_str(), 0755), 0);
    setenv("ASSAY_WORKER_PROGRAM", worker.c_str(), 1);
    service_.list_model_facts = [this](const v1::ListModelFactsRequest&,
                                       v1::ListModelFactsResponse* response) {
      *response = stored_;
      return grpc::Status::OK;
    };
    service_.put_model_facts = [this](const v1::PutModelFactsRequest& request, auto*) {
      put_ = request;
      return grpc::Status::OK;
    };
    service_.add_model = [this](const v1::AddModelRequest& request, auto*) {
      added_ = request.model();
      return grpc::Status::OK;
    };
    service_.list_models = [this](const v1::ListModelsRequest&, v1::ListModelsResponse* response) {
      *response = models_;
      return grpc::Status::OK;
    };
  }
  ~ModelsTest() override {
    unsetenv("ASSAY_WORKER_PROGRAM");
    unsetenv("HF_HUB_CACHE");
    fs::remove_all(folder_);
  }

  // A snapshot in the cache, with these files.
  std::string Cache(const std::string& model, const std::vector<std::string>& files) {
    const std::string folder = cache_ + "/models--" + model + "/snapshots/c0ffee";
    fs::create_directories(folder);
    fs::create_directories(cache_ + "/models--" + model + "/refs");
    EXPECT_TRUE(WriteFile(cache_ + "/models--" + model + "/refs/main", "c0ffee").ok());
    for (const std::string& file : files) EXPECT_TRUE(WriteFile(folder + "/" + file, "{}").ok());
    return folder;
  }
  Json Listed(std::vector<std::string> options) {
    options.insert(options.begin(), {"model", "list", "--format", "json"});
    EXPECT_EQ(Run(options), kExitOk) << err_;
    return Json::parse(out_)["models"];
  }

  const std::vector<std::string> whole_ = {"config.json", "model.safetensors", "tokenizer.json"};
  std::string folder_;
  std::string cache_;
  v1::ListModelFactsResponse stored_;
  v1::ListModelsResponse models_;
  v1::PutModelFactsRequest put_;
  std::optional<v1::ModelSpec> added_;
};

TEST_F(ModelsTest, AKnownModelIsAddedFromTheCacheWithItsFacts) {
  const std::string path = Cache("google--flan-t5-xl", whole_);
  for (const char* name : {"flan-t5-xl", "google/flan-t5-xl"}) {
    put_.Clear();
    EXPECT_EQ(Run({"model", "add", name}), kExitOk) << err_;
    EXPECT_EQ(added_->name(), "flan-t5-xl");
    EXPECT_EQ(added_->path(), path);
    EXPECT_EQ(added_->generation_settings(), R"({"temperature":0.6})");
    EXPECT_THAT(err_, AllOf(HasSubstr("google/flan-t5-xl is in the Hugging Face cache: " + path),
                            HasSubstr(R"({"temperature":0.6}: shown only)")));
    ASSERT_EQ(put_.facts_size(), 1);
    EXPECT_EQ(put_.facts(0).name(), "flan-t5-xl");
    EXPECT_EQ(put_.facts(0).foundation(), "T5");
  }
}

TEST_F(ModelsTest, AModelMayHaveANameOfItsOwn) {
  const std::string path = Cache("google--flan-t5-xl", whole_);
  EXPECT_EQ(Run({"model", "add", "mine", "google/flan-t5-xl"}), kExitOk) << err_;
  EXPECT_EQ(added_->name(), "mine");
  EXPECT_EQ(added_->path(), path);
  EXPECT_EQ(put_.facts(0).name(), "mine");
  EXPECT_EQ(put_.facts(0).source(), "google/flan-t5-xl");
  EXPECT_EQ(put_.facts(0).aliases_size(), 0);

  Cache("some--other", whole_);
  EXPECT_EQ(Run({"model", "add", "some/other"}), kExitOk) << err_;
  EXPECT_EQ(added_->name(), "other");
  EXPECT_EQ(put_.facts(0).source(), "some/other");
}

TEST_F(ModelsTest, ANameThatTablesUseIsNoReasonToTakeAModelForTheirs) {
  const std::string path = Cache("some--other", whole_);
  const std::string plain = folder_ + "/plain";
  fs::copy(path, plain);
  EXPECT_EQ(Run({"model", "add", "OPT", plain}), kExitOk) << err_;
  EXPECT_EQ(put_.facts_size(), 0);
  EXPECT_EQ(Run({"model", "add", "flan-t5-xl", "some/other"}), kExitOk) << err_;
  EXPECT_EQ(put_.facts(0).source(), "some/other");
  EXPECT_EQ(put_.facts(0).foundation(), "");
  models_.add_models()->set_name("OPT");
  EXPECT_EQ(Run({"model", "show", "OPT"}), kExitOk) << err_;
  EXPECT_THAT(out_, Not(HasSubstr("foundation")));
  // The very name is: that is how facts are found.
  EXPECT_EQ(Run({"model", "add", "flan-t5-xl", plain}), kExitOk) << err_;
  EXPECT_EQ(put_.facts(0).foundation(), "T5");
}

TEST_F(ModelsTest, WhatTheServiceKnowsIsNotOverwritten) {
  Cache("google--flan-t5-xl", whole_);
  stored_.add_facts()->set_name("flan-t5-xl");
  EXPECT_EQ(Run({"model", "add", "flan-t5-xl"}), kExitOk) << err_;
  EXPECT_EQ(put_.facts_size(), 0);
}

TEST_F(ModelsTest, AModelThatIsNotInTheCacheIsToldHowToGet) {
  EXPECT_EQ(Run({"model", "add", "flan-t5-xl"}), kExitNotFound);
  EXPECT_THAT(err_, AllOf(HasSubstr("google/flan-t5-xl is not in the Hugging Face cache " + cache_),
                          HasSubstr("huggingface-cli download google/flan-t5-xl --include"),
                          HasSubstr("huggingface-cli login")));
  EXPECT_EQ(Run({"model", "add", "mine", "no/where"}), kExitNotFound);
  EXPECT_THAT(err_, HasSubstr("there is no no/where here, and no/where is not in the"));
  EXPECT_EQ(Run({"model", "add", "nosuch"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("name the model's PATH, or its --endpoint: \"nosuch\" is neither"));
  EXPECT_FALSE(added_.has_value());
}

TEST_F(ModelsTest, WhatAFolderLacksIsNamed) {
  const std::string path = Cache("google--flan-t5-xl", {"config.json", "tokenizer.json"});
  ASSERT_TRUE(WriteFile(path + "/model.safetensors.index.json",
                        R"({"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}})")
                  .ok());
  ASSERT_TRUE(WriteFile(path + "/m-1.safetensors", "x").ok());
  EXPECT_EQ(Run({"model", "add", "flan-t5-xl"}), kExitUsage);
  EXPECT_THAT(err_, AllOf(HasSubstr("m-2.safetensors  (named by model.safetensors.index.json)\n"),
                          Not(HasSubstr("m-1.safetensors  (")),
                          HasSubstr("download google/flan-t5-xl --revision c0ffee --include "
                                    "'m-2.safetensors'\n")));
  EXPECT_EQ(Run({"model", "add", "flan-t5-xl", "--revision", "v9"}), kExitNotFound);
  EXPECT_THAT(err_, HasSubstr("no snapshot of revision \"v9\""));
  EXPECT_FALSE(added_.has_value());
}

TEST_F(ModelsTest, TheListTellsWhatIsKnownAndWhereItIs) {
  Cache("google--flan-t5-xl", whole_);
  Cache("google--flan-ul2", {"config.json"});
  v1::ModelSpec* model = models_.add_models();
  model->set_name("seven");
  model->set_path("/x/models--decapoda-research--llama-7b-hf/snapshots/1");
  model->set_architecture("llama");
  EXPECT_EQ(Listed({}).size(), 1u);
  EXPECT_EQ(Listed({})[0]["state"], "registered");

  std::map<std::string, std::string> states;
  for (const Json& row : Listed({"--known"})) states[row["name"]] = row["state"];
  EXPECT_GE(states.size(), 60u);
  EXPECT_EQ(states["seven"], "registered");
  EXPECT_EQ(states["flan-t5-xl"], "on-disk");
  EXPECT_EQ(states["flan-ul2"], "incomplete");
  EXPECT_EQ(states["flan-t5-xxl"], "missing");
  EXPECT_EQ(states.count("llama-7b-hf"), 0u);  // it is "seven"

  const Json on_disk = Listed({"--state", "on-disk"});
  ASSERT_EQ(on_disk.size(), 1u);
  EXPECT_EQ(on_disk[0]["source"], "google/flan-t5-xl");
  for (const Json& row : Listed({"--known", "--family", "t5", "--method", "supervised"})) {
    EXPECT_EQ(row["family"], "t5");
    EXPECT_EQ(row["method"], "supervised");
  }
  for (const Json& row : Listed({"--known", "--foundation", "llama"})) {
    EXPECT_EQ(row["foundation"], "LLaMA");
  }
  EXPECT_EQ(Listed({"--family", "llama"}).size(), 1u);
  EXPECT_EQ(Listed({"--family", "t5"}).size(), 0u);
  EXPECT_EQ(Run({"model", "list", "--state", "lost"}), kExitUsage);
}

TEST_F(ModelsTest, ShowsFilesAndGenerationSettings) {
  v1::ModelSpec* model = models_.add_models();
  model->set_name("mine");
  model->set_path(Cache("some--other", {"config.json", "model.safetensors"}));
  model->set_parameters(1234567);
  model->set_generation_settings(R"({"top_p":0.9})");
  EXPECT_EQ(Run({"model", "show", "mine"}), kExitOk) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("1,234,567"), HasSubstr("config.json (2 bytes)"),
                          HasSubstr("*token* (the tokenizer"), HasSubstr("{\"top_p\":0.9}"),
                          HasSubstr("never applied")));
  EXPECT_EQ(Run({"model", "show", "flan-t5-xl"}), kExitOk) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("not registered"), HasSubstr("Flan Collection"),
                          HasSubstr("is not in the Hugging Face cache")));
  EXPECT_EQ(Run({"model", "show", "google/flan-t5-xl"}), kExitOk) << err_;
}

TEST_F(ModelsTest, RemovingTellsWhatStays) {
  service_.remove_model = [](const v1::RemoveModelRequest& request,
                             v1::RemoveModelResponse* response) {
    if (request.name() == "busy") {
      return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "is needed for 1 run");
    }
    response->set_runs(request.name() == "used" ? 3 : 0);
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"model", "remove", "used"}), kExitOk) << err_;
  EXPECT_THAT(out_, StartsWith("used: removed; its 3 runs stay"));
  EXPECT_EQ(Run({"model", "remove", "fresh"}), kExitOk) << err_;
  EXPECT_EQ(out_, "fresh: removed\n");
  EXPECT_NE(Run({"model", "remove", "busy"}), kExitOk);
  EXPECT_THAT(err_, HasSubstr("is needed for 1 run"));
}

}  // namespace
}  // namespace assay
