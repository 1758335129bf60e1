// Datasets and models.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;
using CatalogTest = CoordinatorTest;

TEST_F(CatalogTest, ItemsComeBackAsTheyWereImported) {
  const std::vector<Item> imported = SampleItems();
  const std::vector<Item> read = *coordinator_.datasets.ReadItems("bbh", SampleInfo().sha256);
  ASSERT_EQ(read.size(), imported.size());
  for (size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].id, imported[i].id);
    EXPECT_EQ(read[i].group, imported[i].group);
    EXPECT_EQ(read[i].split, imported[i].split);
    EXPECT_EQ(read[i].ordinal, imported[i].ordinal);
    EXPECT_EQ(read[i].fields, imported[i].fields);
    EXPECT_EQ(read[i].choices, imported[i].choices);
    EXPECT_EQ(read[i].target, imported[i].target);
  }
}

TEST_F(CatalogTest, ImportingTheSameContentAgainChangesNothing) {
  EXPECT_TRUE(*coordinator_.datasets.Import(SampleInfo(), SampleItems()));
  EXPECT_EQ(Query("SELECT count(*) FROM datasets"), "1");
}

TEST_F(CatalogTest, ANameMovesToNewContentAndTheOldStays) {
  DatasetInfo other = SampleInfo();
  other.sha256 = std::string(64, '1');
  EXPECT_FALSE(*coordinator_.datasets.Import(other, SampleItems()));
  EXPECT_EQ(coordinator_.datasets.FindByName("bbh")->sha256, other.sha256);
  EXPECT_TRUE(coordinator_.datasets.ReadItems("bbh", SampleInfo().sha256).ok());
  EXPECT_EQ(coordinator_.datasets.List()->size(), 1u);
}

TEST_F(CatalogTest, TextOfItemsMayHoldNul) {
  std::vector<Item> items = SampleItems();
  items[0].fields["input"] = std::string("a\0b", 3);
  items[0].target = std::string("\0", 1);
  DatasetInfo info = SampleInfo();
  info.name = "nul";
  info.sha256 = std::string(64, '2');
  ASSERT_TRUE(coordinator_.datasets.Import(info, items).ok());
  const std::vector<Item> read = *coordinator_.datasets.ReadItems("bbh", info.sha256);
  EXPECT_EQ(read[0].fields.at("input"), std::string("a\0b", 3));
  EXPECT_EQ(read[0].target, std::string("\0", 1));
}

TEST_F(CatalogTest, RefusesTextThatIsNotUtf8AndStoresNothing) {
  std::vector<Item> items = SampleItems();
  items[3].fields["input"] = "\xFF";
  DatasetInfo info = SampleInfo();
  info.sha256 = std::string(64, '3');
  const absl::Status status = coordinator_.datasets.Import(info, items).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(status.message(), HasSubstr(items[3].id));
  EXPECT_EQ(Query("SELECT count(*) FROM datasets"), "1");
}

TEST_F(CatalogTest, CacheServesADatasetThatIsGoneFromTheDatabase) {
  ASSERT_TRUE(coordinator_.cache.Get("bbh", SampleInfo().sha256).ok());
  Query("DELETE FROM items");
  EXPECT_EQ((*coordinator_.cache.Get("bbh", SampleInfo().sha256))->items().size(), 20u);
}

TEST_F(CatalogTest, CacheKeepsTheLatestWithinItsLimit) {
  DatasetInfo other = SampleInfo();
  other.sha256 = std::string(64, '4');
  ASSERT_TRUE(coordinator_.datasets.Import(other, SampleItems()).ok());
  DatasetCache small(&coordinator_.datasets, 1);
  ASSERT_TRUE(small.Get("bbh", SampleInfo().sha256).ok());
  ASSERT_TRUE(small.Get("bbh", other.sha256).ok());
  Query("DELETE FROM items");
  EXPECT_TRUE(small.Get("bbh", other.sha256).ok());
  EXPECT_TRUE(absl::IsNotFound(small.Get("bbh", SampleInfo().sha256).status()));
}

TEST_F(CatalogTest, DatasetNeedsContiguousGroups) {
  std::vector<Item> items = SampleItems();
  items.back().group = items.front().group;
  EXPECT_FALSE(Dataset::Create(items).ok());
}

TEST_F(CatalogTest, TheSameModelMayBeAddedAgain) {
  EXPECT_TRUE(*coordinator_.models.Add(SampleModel()));
}

TEST_F(CatalogTest, ANameIsNotGivenToOtherWeights) {
  ModelSpec other = SampleModel();
  other.weights_sha256 = std::string(64, 'e');
  const absl::Status status = coordinator_.models.Add(other).status();
  EXPECT_TRUE(absl::IsAlreadyExists(status));
  EXPECT_THAT(status.message(), HasSubstr("other weights"));
  EXPECT_THAT(status.message(), HasSubstr("under another"));
}

TEST_F(CatalogTest, AnUnknownModelIsAnsweredWithThoseThereAre) {
  const absl::Status status = coordinator_.models.Find("nope").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(status.message(), HasSubstr("there are: tiny"));
}

TEST_F(CatalogTest, AWorkerCountsAsConnectedUntilItLeaves) {
  ASSERT_TRUE(coordinator_.workers.Seen(SampleWorker()).ok());
  std::vector<StoredWorker> workers = *coordinator_.workers.List();
  ASSERT_EQ(workers.size(), 1u);
  EXPECT_TRUE(workers[0].connected);
  EXPECT_EQ(workers[0].worker.gflops, SampleWorker().gflops);
  ASSERT_TRUE(coordinator_.workers.Left("worker-1").ok());
  EXPECT_FALSE(coordinator_.workers.List()->at(0).connected);
}

}  // namespace
}  // namespace assay
