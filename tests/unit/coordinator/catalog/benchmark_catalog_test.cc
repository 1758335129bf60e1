#include "coordinator/catalog/benchmark_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/benchmark/benchmark.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Text(int version, const std::string& prompt = "{q}", const std::string& name = "mine",
                 const std::string& target = "t") {
  return absl::StrCat("name: ", name, "\nversion: ", version,
                      "\ndescription: d\ndata: {files: d.csv, format: csv}\n"
                      "items: {fields: [q], target: ",
                      target,
                      "}\n"
                      "protocols:\n- {name: p, request: generate, prompt: \"",
                      prompt, "\", max_output: 1, grader: exact_match}\n");
}

class BenchmarkCatalogTest : public CoordinatorTest {
 protected:
  BenchmarkCatalog& catalog() { return coordinator_.catalog; }
  int Version(const std::string& name) {
    const auto latest = catalog().Latest(name);
    EXPECT_TRUE(latest.ok()) << latest.status();
    return latest.ok() ? (*latest)->source()->version : 0;
  }
  // Imports two items as the latest version of `mine` reads them.
  void ImportData() {
    const std::vector<SourceFile> files = {{"d.csv", "q,t,u\nwhy,so,0\nhow,thus,1\n"}};
    const std::shared_ptr<const Benchmark> mine = *catalog().Latest("mine");
    DatasetInfo info = {"mine", "mine", "", 2, 0, 1};
    info.reading_sha256 = std::string(mine->reading_sha256());
    info.sha256 = DatasetDigest({files[0], {"", info.reading_sha256}});
    ASSERT_TRUE(coordinator_.datasets.Import(info, *mine->Parse(files)).ok());
  }
  absl::StatusOr<std::vector<PlannedRun>> Plan() {
    return coordinator_.planner.Plan({{"tiny"}, {"mine"}, RunSettings(), 1});
  }
};

TEST_F(BenchmarkCatalogTest, KeepsVersionsApart) {
  EXPECT_FALSE(catalog().Add("f", Text(1))->existed);
  EXPECT_TRUE(catalog().Add("f", Text(1))->existed);
  EXPECT_EQ(catalog().Add("f", Text(1, "{q}?")).status().message(),
            "benchmark \"mine\" is there in version 1 with another text; runs keep what they were "
            "planned with, so give the new text version 2");
  EXPECT_FALSE(catalog().Add("f", Text(4, "{q}?"))->existed);
  EXPECT_EQ(Version("mine"), 4);
  EXPECT_EQ(catalog().Describe("mine", 1)->benchmark->source()->text, Text(1));
  EXPECT_TRUE(absl::IsNotFound(catalog().Describe("mine", 2).status()));

  std::vector<std::string> names;
  const auto all = catalog().All();
  ASSERT_TRUE(all.ok()) << all.status();
  for (const auto& benchmark : *all) names.emplace_back(benchmark->name());
  EXPECT_THAT(names, testing::IsSupersetOf({"bbh", "mine", "mmlu"}));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

TEST_F(BenchmarkCatalogTest, RefusesBadTextsAndTakenNames) {
  EXPECT_THAT(std::string(catalog().Add("f", "a: 1\n").status().message()),
              HasSubstr("f:1:1: unknown key \"a\""));
  EXPECT_EQ(catalog().Add("f", Text(1, "{q}", "mmlu")).status().message(),
            "the name \"mmlu\" is that of a benchmark of the program; choose another");
  DatasetInfo other = SampleInfo();
  other.name = "mine";
  ASSERT_TRUE(coordinator_.datasets.Import(other, SampleItems()).ok());
  EXPECT_EQ(catalog().Add("f", Text(1)).status().message(),
            "the name \"mine\" is that of a data set of benchmark bbh; choose another");
  EXPECT_THAT(std::string(catalog().Latest("x").status().message()),
              HasSubstr("unknown benchmark \"x\"; there are: bbh, "));
}

TEST_F(BenchmarkCatalogTest, ARunKeepsWhatItWasPlannedWith) {
  ASSERT_TRUE(catalog().Add("f", Text(1)).ok());
  ImportData();
  const auto planned = Plan();
  ASSERT_TRUE(planned.ok()) << planned.status();
  EXPECT_EQ((*planned)[0].run.spec.benchmark_sha256, (*catalog().Latest("mine"))->source()->sha256);
  EXPECT_THAT((*planned)[0].run.manifest_json, HasSubstr("\"version\": 1"));
  ASSERT_TRUE(coordinator_.jobs.Submit({(*planned)[0].run}).ok());

  ASSERT_TRUE(catalog().Add("f", Text(2, "{q} now")).ok());
  const Lease lease = GrantOne();
  EXPECT_EQ(lease.benchmark_text, Text(1));
  EXPECT_EQ((*catalog().Of(lease.run))->source()->version, 1);
  EXPECT_EQ((*catalog().ProtocolOf(lease.run))->version, 1);
  ASSERT_TRUE(coordinator_.leases.Commit(lease.key, RightAnswers(lease)).ok());

  EXPECT_EQ(Plan()->at(0).first_prompt, "why now");  // the same data, asked otherwise
  ASSERT_TRUE(catalog().Add("f", Text(3, "{q}", "mine", "u")).ok());
  EXPECT_EQ(Plan().status().message(),
            "data set \"mine\" was read as another version of benchmark mine says; import it "
            "again: assay dataset import mine PATH");
  ImportData();
  EXPECT_TRUE(Plan().ok());
}

TEST_F(BenchmarkCatalogTest, RemovesWhatNoRunUses) {
  ASSERT_TRUE(catalog().Add("f", Text(1)).ok());
  ASSERT_TRUE(catalog().Add("f", Text(2, "{q}!")).ok());
  ImportData();
  ASSERT_TRUE(coordinator_.jobs.Submit({Plan()->at(0).run}).ok());
  EXPECT_EQ(catalog().Describe("mine", 0)->runs, 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(catalog().Remove("mine", 0)));
  EXPECT_THAT(std::string(catalog().Remove("mine", 2).message()),
              HasSubstr("version 2 of benchmark \"mine\" is used by 1 runs"));
  EXPECT_TRUE(catalog().Remove("mine", 1).ok());
  EXPECT_TRUE(absl::IsNotFound(catalog().Remove("mine", 1)));
  EXPECT_EQ(Version("mine"), 2);
  EXPECT_TRUE(absl::IsFailedPrecondition(catalog().Remove("bbh", 0)));
  EXPECT_TRUE(absl::IsNotFound(catalog().Remove("nothing", 0)));
}

TEST_F(BenchmarkCatalogTest, DataGoWithTheLastVersion) {
  ASSERT_TRUE(catalog().Add("f", Text(1)).ok());
  ImportData();
  EXPECT_EQ(Query("SELECT count(*) FROM datasets WHERE benchmark = 'mine'"), "1");
  ASSERT_TRUE(catalog().Remove("mine", 0).ok());
  EXPECT_EQ(Query("SELECT count(*) FROM datasets WHERE benchmark = 'mine'"), "0");
  EXPECT_TRUE(absl::IsNotFound(catalog().Latest("mine").status()));
}

}  // namespace
}  // namespace assay
