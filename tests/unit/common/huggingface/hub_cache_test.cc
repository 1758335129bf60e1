#include "common/huggingface/hub_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>

#include "common/base/file.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr char kFirst[] = "0f1e2d3c";
constexpr char kSecond[] = "aabbccdd";

HubEnvironment Variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) -> const char* {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

class HubCacheTest : public testing::Test {
 protected:
  HubCacheTest() {
    std::string pattern = testing::TempDir() + "assay-hub-XXXXXX";
    cache_ = mkdtemp(pattern.data());
  }
  ~HubCacheTest() override { fs::remove_all(cache_); }

  std::string Snapshot(const std::string& model, const std::string& commit) {
    const std::string folder = cache_ + "/models--" + model + "/snapshots/" + commit;
    fs::create_directories(folder);
    return folder;
  }
  void Ref(const std::string& model, const std::string& revision, const std::string& commit) {
    const fs::path file = cache_ + "/models--" + model + "/refs/" + revision;
    fs::create_directories(file.parent_path());
    ASSERT_TRUE(WriteFile(file.string(), commit).ok());
  }

  std::string cache_;
};

TEST(HubIdTest, IsOneOrTwoParts) {
  for (const char* id : {"google/flan-t5-xl", "gpt2", "a.b/c_d-1"}) EXPECT_TRUE(IsHubId(id)) << id;
  for (const char* id :
       {"", "/", "a/", "a/b/c", "../a", "a/..", "a b/c", "a--b/c", ".a/b", "-a/b", "a/b:c"}) {
    EXPECT_FALSE(IsHubId(id)) << id;
  }
}

TEST(HubCacheFolderTest, FollowsTheVariablesOfTheHub) {
  std::map<std::string, std::string> set;
  EXPECT_EQ(HubCacheFolder(Variables(set)), "");
  set["HOME"] = "/home/u";
  EXPECT_EQ(HubCacheFolder(Variables(set)), "/home/u/.cache/huggingface/hub");
  set["XDG_CACHE_HOME"] = "/cache";
  EXPECT_EQ(HubCacheFolder(Variables(set)), "/cache/huggingface/hub");
  set["HF_HOME"] = "~/hf";
  EXPECT_EQ(HubCacheFolder(Variables(set)), "/home/u/hf/hub");
  set["HUGGINGFACE_HUB_CACHE"] = "/old";
  EXPECT_EQ(HubCacheFolder(Variables(set)), "/old");
  set["HF_HUB_CACHE"] = "/new";
  EXPECT_EQ(HubCacheFolder(Variables(set)), "/new");
}

TEST_F(HubCacheTest, TheBranchNamesTheCommit) {
  const std::string first = Snapshot("google--flan-t5-xl", kFirst);
  const std::string second = Snapshot("google--flan-t5-xl", kSecond);
  Ref("google--flan-t5-xl", "main", std::string(kSecond) + "\n");
  Ref("google--flan-t5-xl", "pr/1", kFirst);
  EXPECT_EQ(FindHubSnapshot(cache_, "google/flan-t5-xl").value(), second);
  EXPECT_EQ(FindHubSnapshot(cache_, "google/flan-t5-xl", "pr/1").value(), first);
  EXPECT_EQ(FindHubSnapshot(cache_, "google/flan-t5-xl", kFirst).value(), first);
  const absl::Status missing = FindHubSnapshot(cache_, "google/flan-t5-xl", "v2").status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_THAT(missing.message(), HasSubstr("the commits 0f1e2d3c, aabbccdd"));
}

TEST_F(HubCacheTest, TheOnlySnapshotIsTakenWhereNoBranchIsNoted) {
  const std::string only = Snapshot("gpt2", kFirst);
  EXPECT_EQ(FindHubSnapshot(cache_, "gpt2").value(), only);
  EXPECT_FALSE(FindHubSnapshot(cache_, "gpt2", "v2").ok());
  Snapshot("gpt2", kSecond);
  EXPECT_TRUE(absl::IsNotFound(FindHubSnapshot(cache_, "gpt2").status()));
}

TEST_F(HubCacheTest, ABranchWhoseSnapshotIsNotThereIsNotFound) {
  Snapshot("gpt2", kFirst);
  Ref("gpt2", "main", kSecond);
  EXPECT_TRUE(absl::IsNotFound(FindHubSnapshot(cache_, "gpt2").status()));
  Ref("gpt2", "main", "../../../etc");
  EXPECT_TRUE(absl::IsNotFound(FindHubSnapshot(cache_, "gpt2").status()));
}

TEST_F(HubCacheTest, NothingLeadsOutOfTheCache) {
  EXPECT_TRUE(absl::IsInvalidArgument(FindHubSnapshot(cache_, "../x").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(FindHubSnapshot(cache_, "gpt2", "../x").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(FindHubSnapshot(cache_, "gpt2", "").status()));
  EXPECT_TRUE(absl::IsNotFound(FindHubSnapshot(cache_, "gpt2").status()));
}

TEST_F(HubCacheTest, AnotherMachinesSnapshotIsThatOfThisMachinesCache) {
  const std::string here = Snapshot("google--flan-t5-xl", kFirst);
  const HubEnvironment environment = Variables({{"HF_HUB_CACHE", cache_}});
  const std::string elsewhere =
      "/nowhere/hub/models--google--flan-t5-xl/snapshots/" + std::string(kFirst);
  EXPECT_EQ(HubIdOfSnapshot(elsewhere), "google/flan-t5-xl");
  EXPECT_EQ(LocateModelPath(elsewhere, environment), here);
  EXPECT_EQ(LocateModelPath(here, Variables({})), here);
  const std::string other = "/nowhere/hub/models--google--flan-t5-xl/snapshots/other";
  EXPECT_EQ(LocateModelPath(other, environment), other);
  EXPECT_EQ(LocateModelPath("/nowhere/model", environment), "/nowhere/model");
  EXPECT_EQ(HubIdOfSnapshot("/models/x/snapshots/1"), "");
}

}  // namespace
}  // namespace assay
