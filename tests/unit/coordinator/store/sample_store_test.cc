#include "coordinator/store/sample_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "coordinator/store/sample_sql.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Two runs over so many items in 10 groups, one behind the other. Of the first run every thousandth
// answer is wrong, of the second those whose ordinal ends in 7.
constexpr int kItems = 25'000;
constexpr char kRows[] = R"sql(
INSERT INTO datasets (benchmark, sha256, items, examples, groups) VALUES ('drop', 'c', $N, 0, 10);
INSERT INTO items (dataset_id, ordinal, item_id, group_name, split, body)
SELECT (SELECT dataset_id FROM datasets WHERE sha256 = 'c'), n, 'd/' || n, 'g' || n / ($N / 10), 'test',
  ('{"fields":{"question":"What is ' || n || '?"},"choices":[],"target":"t"}')::json FROM generate_series(0, $N - 1) n;
INSERT INTO jobs (state) VALUES ('completed');
INSERT INTO runs (job_id, model_name, dataset_id, dataset_name, protocol, protocol_version, shots, precision_name,
                  item_limit, manifest, estimated_tokens, items, grader, grader_version, samples)
SELECT 1, 'tiny', (SELECT dataset_id FROM datasets WHERE sha256 = 'c'), 'drop', 'drop-f1', 1, 3, 'float32', 0, '{}', 0,
  $N, 'drop_f1', 1, 1 FROM generate_series(1, 2);
INSERT INTO predictions (run_id, item_ordinal, sample_index, prompt, prompt_sha256, prompt_tokens, cached_tokens,
                         shots_used, over_max_input, truncated, output, output_token_ids, finish_reason,
                         choice_loglikelihoods, error, shard_id, lease_id)
SELECT r, n, 0, 'p', 'h', 1, 0, 3, false, n % 5000 = 4999, convert_to('Answer Ä ' || n, 'UTF8'), '{1,2}', 'stop', '{}',
  '', 1, 1 FROM generate_series(1, 2) r, generate_series(0, $N - 1) n;
INSERT INTO scores (run_id, item_ordinal, sample_index, grader, grader_version, verdict, extracted)
SELECT r, n, 0, 'drop_f1', 1, CASE WHEN r = 1 AND n % 1000 = 500 OR r = 2 AND n % 10 = 7 THEN 'wrong' ELSE 'correct' END,
  'x' FROM generate_series(1, 2) r, generate_series(0, $N - 1) n;
ANALYZE;
)sql";

class SampleStoreTest : public CoordinatorTest {
 protected:
  SampleStoreTest() : store_(&coordinator_.database) {
    pqxx::connection connection(url_);
    pqxx::work tx(connection);
    tx.exec(absl::StrReplaceAll(kRows, {{"$N", absl::StrCat(kItems)}}));
    tx.commit();
  }

  SampleRows List(const SampleFilter& filter, const SamplePage& page = {}) {
    const absl::StatusOr<SampleRows> rows = store_.List(filter, page);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.value_or(SampleRows());
  }

  static std::vector<int64_t> Ordinals(const SampleRows& rows) {
    std::vector<int64_t> ordinals;
    for (const SampleSummary& row : rows.rows) ordinals.push_back(row.position.ordinal);
    return ordinals;
  }

  // How PostgreSQL runs a statement, with the number of rows and pages that it looked at.
  std::string Explain(const std::string& sql, const std::vector<std::string>& parameters) {
    pqxx::connection connection(url_);
    pqxx::work tx(connection);
    std::string plan;
    for (const auto& row : tx.exec_params("EXPLAIN (ANALYZE, BUFFERS) " + sql,
                                          pqxx::prepare::make_dynamic_params(parameters))) {
      absl::StrAppend(&plan, row[0].c_str(), "\n");
    }
    return plan;
  }
  std::string Dataset() { return Query("SELECT dataset_id FROM datasets WHERE sha256 = 'c'"); }

  SampleStore store_;
};

TEST_F(SampleStoreTest, PagesFollowEachOtherAndFiltersLeaveOut) {
  const SampleFilter all = {.run_id = 1};
  const SampleRows first = List(all, {.limit = 3});
  EXPECT_THAT(Ordinals(first), ElementsAre(0, 1, 2));
  EXPECT_FALSE(first.previous.has_value());
  EXPECT_EQ(first.first_ordinal, 0);
  EXPECT_EQ(first.last_ordinal, kItems - 1);
  EXPECT_EQ(first.rows[1].output, "Answer Ä 1");
  EXPECT_EQ(first.rows[1].question, "What is 1?");
  EXPECT_EQ(first.rows[1].generated_tokens, 2);
  const SampleRows second = List(all, {.from = first.next, .limit = 3});
  EXPECT_THAT(Ordinals(second), ElementsAre(3, 4, 5));
  const SampleRows back = List(all, {.from = second.previous, .backwards = true, .limit = 3});
  EXPECT_THAT(Ordinals(back), ElementsAre(0, 1, 2));
  EXPECT_FALSE(back.previous.has_value());
  ASSERT_TRUE(back.next.has_value());
  EXPECT_THAT(Ordinals(List(all, {.from = back.next, .limit = 1})), ElementsAre(3));
  const SampleRows last = List(all, {.backwards = true, .limit = 2});
  EXPECT_THAT(Ordinals(last), ElementsAre(kItems - 2, kItems - 1));
  EXPECT_FALSE(last.next.has_value());
  EXPECT_TRUE(last.previous.has_value());
  EXPECT_THAT(Ordinals(List(all, {.from = SamplePosition{777, -1}, .limit = 1})), ElementsAre(777));

  // Filters.
  EXPECT_THAT(Ordinals(List({.run_id = 1, .verdicts = {Verdict::kWrong}}, {.limit = 3})),
              ElementsAre(500, 1500, 2500));
  EXPECT_THAT(Ordinals(List({.run_id = 1, .verdicts = {Verdict::kWrong}},
                            {.from = SamplePosition{2500, 0}, .backwards = true, .limit = 1})),
              ElementsAre(1500));
  EXPECT_THAT(
      Ordinals(List({.run_id = 1, .verdicts = {Verdict::kWrong, Verdict::kCorrect}, .group = "g9"},
                    {.limit = 2})),
      ElementsAre(22'500, 22'501));
  EXPECT_THAT(List({.run_id = 1, .group = "none"}).rows, IsEmpty());
  EXPECT_THAT(Ordinals(List({.run_id = 1, .truncated = true}, {.limit = 2})),
              ElementsAre(4999, 9999));
  const auto has = [](const std::string& wanted) {
    return [wanted](absl::string_view text) { return absl::StrContains(text, wanted); };
  };
  EXPECT_THAT(Ordinals(List({.run_id = 1, .matches = has("Ä 1234")}, {.limit = 3})),
              ElementsAre(1234, 12'340, 12'341));
  EXPECT_THAT(Ordinals(List({.run_id = 1, .matches = has("is 24999?")},
                            {.from = SamplePosition{22'000, 0}})),
              ElementsAre(24'999));
  // It ends after so many, and is gone on with.
  const SampleRows short_page = List({.run_id = 1, .matches = has("is 24999?")});
  EXPECT_THAT(short_page.rows, IsEmpty());
  EXPECT_EQ(short_page.searched, 20'000);
  ASSERT_TRUE(short_page.next.has_value());
  EXPECT_EQ(short_page.next->ordinal, 19'999);
  EXPECT_TRUE(absl::IsNotFound(store_.List({.run_id = 99}, {}).status()));
  // With a part that the database can look for, one page is enough; what only looks alike is left
  // out.
  const SampleRows whole = List({.run_id = 1, .matches = has("is 24999?"), .contains = "S 24999?"});
  EXPECT_THAT(Ordinals(whole), ElementsAre(24'999));
  EXPECT_EQ(whole.searched, kItems);
  EXPECT_FALSE(whole.next.has_value());
  EXPECT_THAT(Ordinals(List({.run_id = 1, .matches = has("Ä 1234"), .contains = " 1234"},
                            {.from = SamplePosition{12'340, 0}, .backwards = true, .limit = 3})),
              ElementsAre(1234));
  EXPECT_THAT(List({.run_id = 1, .matches = has("Ö 1234"), .contains = " 1234"}).rows, IsEmpty());
  EXPECT_THAT(List({.run_id = 1, .matches = has("%"), .contains = "%"}).rows, IsEmpty());
  EXPECT_THAT(Ordinals(List({.run_id = 1,
                             .verdicts = {Verdict::kWrong},
                             .matches = has("2501"),
                             .contains = "2501"})),
              IsEmpty());
  EXPECT_THAT(Ordinals(List({.run_id = 1,
                             .verdicts = {Verdict::kWrong, Verdict::kError},
                             .matches = has("1500"),
                             .contains = "1500"},
                            {.limit = 1})),
              ElementsAre(1500));
  EXPECT_THAT(Ordinals(List({.run_id = 1, .matches = has("d/7"), .contains = "d/7", .group = "g3"},
                            {.limit = 2})),
              ElementsAre(7500, 7501));

  // What two runs differ in.
  const auto ordinals = [&](DifferenceKind kind, const SamplePage& page) {
    const absl::StatusOr<DifferenceRows> rows =
        store_.ListDifferences({.first_run = 1, .second_run = 2, .kind = kind}, page);
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<int64_t> found;
    for (const DifferenceRow& row : rows->rows) found.push_back(row.first.position.ordinal);
    return found;
  };
  EXPECT_THAT(ordinals(DifferenceKind::kFirstHigher, {.limit = 3}), ElementsAre(7, 17, 27));
  EXPECT_THAT(ordinals(DifferenceKind::kSecondHigher, {.limit = 2}), ElementsAre(500, 1500));
  EXPECT_THAT(ordinals(DifferenceKind::kValue, {.from = SamplePosition{497, 0}, .limit = 2}),
              ElementsAre(500, 507));
  EXPECT_THAT(ordinals(DifferenceKind::kAnswer, {.limit = 2}), IsEmpty());
  EXPECT_THAT(ordinals(DifferenceKind::kAll, {.backwards = true, .limit = 2}),
              ElementsAre(kItems - 2, kItems - 1));
  const DifferenceRows none =
      store_.ListDifferences({.first_run = 1, .second_run = 2, .kind = DifferenceKind::kAnswer}, {})
          .value();
  ASSERT_TRUE(none.next.has_value());
  EXPECT_EQ(none.next->ordinal, 20'000);
}

// A page costs the same at the end of many predictions as at their beginning.
TEST_F(SampleStoreTest, PagesAreFoundInIndexes) {
  const std::string dataset = Dataset();
  const std::vector<std::string> page = {"1", dataset, "drop_f1", "24000",
                                         "0", "101",   "0",       absl::StrCat(kItems)};
  std::vector<std::string> failed = page;
  failed.insert(failed.end(), {"unparsable", "error"});
  std::vector<std::string> text = page;
  text[6] = "23000";
  text.emplace_back("%24999%");
  for (const bool backwards : {false, true}) {
    for (const std::string& plan :
         {Explain(SamplePageSql(0, backwards, false), page),
          Explain(SamplePageSql(2, backwards, false), failed),
          Explain(SampleScanSql(0, backwards, {.contains = "24999"}), text)}) {
      EXPECT_THAT(plan, Not(HasSubstr("Seq Scan"))) << plan;
      EXPECT_THAT(plan, Not(HasSubstr("Sort Method: external"))) << plan;
      EXPECT_THAT(plan, Not(testing::ContainsRegex("rows=[0-9]{5,} loops"))) << plan;
    }
  }
  EXPECT_THAT(Explain(SamplePageSql(2, false, false), failed), HasSubstr("verdict"));
  const std::string plan =
      Explain(DifferencePageSql(DifferenceKind::kValue, false),
              {"1", "2", "drop_f1", "12000", "0", "101", "12000", "25000", "drop_f1", dataset});
  EXPECT_THAT(plan, Not(HasSubstr("Seq Scan"))) << plan;
}

}  // namespace
}  // namespace assay
