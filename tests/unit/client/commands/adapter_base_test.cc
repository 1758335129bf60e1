#include "client/commands/adapter_base.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class AdapterBaseTest : public testing::Test {
 protected:
  AdapterBaseTest() {
    std::string pattern = testing::TempDir() + "/adapter_base_test.XXXXXX";
    folder_ = fs::canonical(mkdtemp(pattern.data())).string();
    adapter_ = absl::StrCat(folder_, "/adapter");
    fs::create_directories(adapter_);
    setenv("HF_HUB_CACHE", absl::StrCat(folder_, "/hub").c_str(), 1);
  }
  ~AdapterBaseTest() override {
    unsetenv("HF_HUB_CACHE");
    fs::remove_all(folder_);
  }

  void WriteSettings(const std::string& text) const {
    ASSERT_TRUE(WriteFile(absl::StrCat(adapter_, "/adapter_config.json"), text).ok());
  }
  void Register(const std::string& name, const std::string& path) {
    v1::ModelSpec& model = models_.emplace_back();
    model.set_name(name);
    model.set_path(path);
  }
  std::string Find(const std::string& wanted = "") {
    const auto base = FindAdapterBase(adapter_, wanted, [this] {
      ++asked_;
      return absl::StatusOr<std::vector<v1::ModelSpec>>(models_);
    });
    return base.ok() ? *base : absl::StrCat("refused: ", base.status().message());
  }

  std::string folder_, adapter_;
  std::vector<v1::ModelSpec> models_;
  int asked_ = 0;
};

TEST_F(AdapterBaseTest, OtherModelsHaveNone) {
  EXPECT_EQ(Find(), "");
  EXPECT_THAT(Find("anything"), AllOf(HasSubstr("refused"), HasSubstr("only a LoRA adapter")));
}

TEST_F(AdapterBaseTest, APathComesFirst) {
  WriteSettings(R"({"base_model_name_or_path": "someone/llama"})");
  EXPECT_EQ(Find(folder_), folder_);
  fs::create_directory_symlink(folder_, absl::StrCat(adapter_, "/link"));
  EXPECT_EQ(Find(absl::StrCat(adapter_, "/link")), folder_);
  EXPECT_EQ(asked_, 0);
  WriteSettings(absl::StrCat(R"({"base_model_name_or_path": ")", folder_, "\"}"));
  EXPECT_EQ(Find(), folder_);
}

TEST_F(AdapterBaseTest, ThenTheCache) {
  WriteSettings(R"({"base_model_name_or_path": "someone/llama"})");
  const std::string snapshot =
      absl::StrCat(folder_, "/hub/models--someone--llama/snapshots/c0ffee");
  fs::create_directories(snapshot);
  EXPECT_EQ(Find(), snapshot);
  EXPECT_EQ(Find("someone/llama"), snapshot);
  EXPECT_EQ(asked_, 0);
}

TEST_F(AdapterBaseTest, ThenTheRegisteredModels) {
  WriteSettings(R"({"base_model_name_or_path": "someone/llama"})");
  EXPECT_THAT(Find(), AllOf(HasSubstr("\"someone/llama\""), HasSubstr("--base FOLDER")));
  Register("other", "/models/other");
  Register("llama", "/models/llama");
  EXPECT_EQ(Find(), "/models/llama");
  EXPECT_EQ(Find("other"), "/models/other");
  EXPECT_THAT(Find("none"), HasSubstr("\"none\""));
  models_.back().mutable_remote();
  EXPECT_THAT(Find(), HasSubstr("refused"));
}

TEST_F(AdapterBaseTest, SettingsThatSayNothing) {
  for (const char* text : {"{}", "[]", "nonsense", R"({"base_model_name_or_path": null})",
                           R"({"base_model_name_or_path": ""})"}) {
    WriteSettings(text);
    EXPECT_THAT(Find(), AllOf(HasSubstr("does not say"), HasSubstr("--base"))) << text;
  }
}

}  // namespace
}  // namespace assay
