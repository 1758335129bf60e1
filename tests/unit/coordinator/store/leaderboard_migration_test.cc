// What migration 0009 makes of runs that were there before it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "coordinator/store/database.h"
#include "coordinator/store/migrator.h"
#include "tests/support/postgres/postgres_server.h"

namespace assay {
namespace {

using testing::ElementsAre;

// Five questions: the first and the third share a passage, which holds what has to be escaped. The
// fourth has none, and the answer to the fifth looks like one.
constexpr char kRows[] = R"sql(
INSERT INTO models (name, path, format, architecture, weights_sha256, tokenizer_sha256, parameters,
                    context_length, vocabulary_size, stored_type, characters_per_token)
VALUES ('m', '/m', 'gguf', 'llama', 'a', 'b', 1, 1, 1, 'float32', 4);
INSERT INTO datasets (benchmark, sha256, items, examples, groups) VALUES ('drop', 'c', 5, 0, 1);
INSERT INTO items (dataset_id, ordinal, item_id, group_name, split, body) VALUES
  (1, 0, 'd/0', 'drop', 'test', '{"fields":{"passage":"A \"b\" \u0000 c","question":"1"},"choices":[],"target":"x"}'),
  (1, 1, 'd/1', 'drop', 'test', '{"fields":{"passage":"A","question":"2"},"choices":[],"target":"x"}'),
  (1, 2, 'd/2', 'drop', 'test', '{"fields":{"question":"3","passage":"A \"b\" \u0000 c"},"choices":[],"target":"x"}'),
  (1, 3, 'd/3', 'drop', 'test', '{"fields":{"question":"4"},"choices":[],"target":"x"}'),
  (1, 4, 'd/4', 'drop', 'test', '{"fields":{"question":"5"},"choices":[],"target":",\"passage\":\"A\""}');
INSERT INTO jobs (state) VALUES ('completed');
INSERT INTO runs (job_id, model_name, dataset_id, dataset_name, protocol, protocol_version, shots,
                  precision_name, item_limit, manifest, estimated_tokens, items, grader, grader_version, samples)
VALUES (1, 'm', 1, 'drop', 'drop-f1', 1, 3, 'float32', 0, '{}', 0, 5, 'drop_f1', 1, 1),
       (1, 'm', 1, 'drop', 'drop-f1', 1, 3, 'float32', 0, '{}', 0, 4, 'drop_f1', 1, 2);
INSERT INTO scores (run_id, item_ordinal, sample_index, grader, grader_version, verdict, extracted, partial) VALUES
  (1, 0, 0, 'drop_f1', 1, 'wrong', '', 0.5), (1, 1, 0, 'drop_f1', 1, 'wrong', '', 0),
  (1, 2, 0, 'drop_f1', 1, 'correct', '', NULL), (1, 3, 0, 'drop_f1', 1, 'correct', '', 1),
  (1, 4, 0, 'drop_f1', 1, 'unanswered', '', 0), (1, 4, 0, 'another', 1, 'correct', '', NULL),
  (2, 1, 0, 'drop_f1', 1, 'correct', '', NULL), (2, 1, 1, 'drop_f1', 1, 'wrong', '', NULL),
  (2, 3, 0, 'drop_f1', 1, 'correct', '', NULL), (2, 3, 1, 'drop_f1', 1, 'correct', '', NULL);
INSERT INTO run_groups (run_id, group_name, items, correct, errors, values_sum, squares_sum)
VALUES (1, 'drop', 5, 2, 0, 2.5, 2.25), (2, 'drop', 4, 3, 0, 3, 3);
)sql";

class LeaderboardMigrationTest : public testing::Test {
 protected:
  void MigrateTo(int version) {
    std::vector<Migration> migrations;
    for (const Migration& migration : EmbeddedMigrations()) {
      if (migration.version <= version) migrations.push_back(migration);
    }
    const absl::StatusOr<int> applied = Migrate(database_, migrations);
    ASSERT_TRUE(applied.ok()) << applied.status();
  }

  // The first column of each row.
  std::vector<std::string> Query(const std::string& sql) {
    pqxx::connection connection(url_);
    pqxx::work tx(connection);
    std::vector<std::string> values;
    for (const auto& row : tx.exec(sql))
      values.emplace_back(row[0].is_null() ? "" : row[0].c_str());
    tx.commit();
    return values;
  }

  const std::string url_ = PostgresServer::Shared().CreateDatabase();
  Database database_{url_, 2};
};

TEST_F(LeaderboardMigrationTest, SumsOverClustersAreThoseOfTheScoresThatThereAre) {
  MigrateTo(8);
  Query(kRows);
  MigrateTo(9);
  EXPECT_THAT(Query("SELECT cluster FROM items ORDER BY ordinal"),
              ElementsAre("0", "", "0", "", ""));
  EXPECT_THAT(Query("SELECT concat_ws(' ', run_id, cluster, group_name, items, correct, "
                    "  values_sum::double precision) FROM run_clusters ORDER BY run_id, cluster"),
              ElementsAre("1 0 drop 2 1 1.5", "2 1 drop 2 1 1", "2 3 drop 2 2 2"));
  // Run 1: the shared passage, and three questions by themselves. Run 2: two samples of two.
  EXPECT_THAT(Query("SELECT concat_ws(' ', run_id, clusters, n_n, n_correct, correct_correct, "
                    "  n_values::double precision, values_values::double precision) "
                    "FROM run_groups ORDER BY run_id"),
              ElementsAre("1 4 7 3 2 4 3.25", "2 2 8 6 5 6 5"));
}

TEST_F(LeaderboardMigrationTest, LaterMigrationsLeaveThemAlone) {
  MigrateTo(8);
  Query(kRows);
  MigrateTo(9);
  const std::string sums =
      "SELECT concat_ws(' ', items, clusters, n_n, values_sum) FROM run_groups ORDER BY run_id";
  const std::vector<std::string> before = Query(sums);
  MigrateTo(1000);
  EXPECT_EQ(Query(sums), before);
}

}  // namespace
}  // namespace assay
