// Remote models in the database, and leases of their shards.
#include "common/remote/remote_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "common/base/version.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

RemoteEndpoint AnEndpoint() {
  RemoteEndpoint endpoint;
  endpoint.model = "gpt-x";
  endpoint.key_name = "X_API_KEY";
  endpoint.input_price = 2;
  return endpoint;
}

ModelSpec ARemoteModel(const RemoteEndpoint& endpoint = AnEndpoint()) {
  return *MakeRemoteModel("gpt", "https://host/v1", endpoint, 0, 3.5);
}

class RemoteModelStoreTest : public CoordinatorTest {
 protected:
  // A run of the remote model; its job.
  int64_t SubmitRemote() {
    EXPECT_TRUE(coordinator_.models.Add(ARemoteModel()).ok());
    const auto planned = coordinator_.planner.Plan({{"gpt"}, {"bbh"}, {}, 7});
    EXPECT_TRUE(planned.ok()) << planned.status();
    return *coordinator_.jobs.Submit({planned->at(0).run});
  }
  std::vector<Lease> Grant(ModelPlace place, const std::string& remote_engine = kRemoteEngine) {
    WorkerInfo worker = SampleWorker();
    worker.remote_engine = remote_engine;
    const auto leases = coordinator_.leases.Grant(worker, 9, {}, place);
    EXPECT_TRUE(leases.ok()) << leases.status();
    return leases.value_or(std::vector<Lease>());
  }
};

TEST_F(RemoteModelStoreTest, EverythingOfAnEndpointIsKept) {
  EXPECT_FALSE(*coordinator_.models.Add(ARemoteModel()));
  const ModelSpec stored = *coordinator_.models.Find("gpt");
  EXPECT_EQ(stored.remote, AnEndpoint());
  EXPECT_EQ(stored.path, "https://host/v1");
  EXPECT_EQ(stored.format, "openai");
  EXPECT_EQ(stored.parameters, 0);
  EXPECT_EQ(stored.characters_per_token, 3.5);
  EXPECT_FALSE(coordinator_.models.Find("tiny")->remote.has_value());
}

TEST_F(RemoteModelStoreTest, HowItIsAskedMayChangeAndWhatItIsMayNot) {
  ASSERT_TRUE(coordinator_.models.Add(ARemoteModel()).ok());
  RemoteEndpoint endpoint = AnEndpoint();
  endpoint.input_price = 3;
  endpoint.concurrency = 2;
  EXPECT_TRUE(*coordinator_.models.Add(ARemoteModel(endpoint)));
  EXPECT_EQ(coordinator_.models.Find("gpt")->remote, endpoint);
  endpoint.model = "gpt-y";
  EXPECT_THAT(coordinator_.models.Add(ARemoteModel(endpoint)).status().message(),
              HasSubstr("another endpoint"));
  EXPECT_TRUE(absl::IsAlreadyExists(coordinator_.models.Add(SampleModel("gpt")).status()));
  EXPECT_EQ(coordinator_.models.Find("gpt")->remote->model, "gpt-x");
}

TEST_F(RemoteModelStoreTest, LeasesAreOfTheKindThatIsAskedFor) {
  const int64_t local = Submit(7), remote = SubmitRemote();
  std::vector<Lease> leases = Grant(ModelPlace::kRemote);
  ASSERT_THAT(leases, SizeIs(2));
  EXPECT_EQ(leases[0].run.job_id, remote);
  EXPECT_EQ(leases[0].model.remote, AnEndpoint());
  EXPECT_EQ(Run(remote).engine, "openai/1");
  leases = Grant(ModelPlace::kLocal);
  ASSERT_THAT(leases, SizeIs(2));
  EXPECT_EQ(leases[0].run.job_id, local);
  EXPECT_THAT(Grant(ModelPlace::kLocal), IsEmpty());
}

TEST_F(RemoteModelStoreTest, AWorkerThatServesNoneGetsNone) {
  SubmitRemote();
  EXPECT_THAT(Grant(ModelPlace::kRemote, ""), IsEmpty());
  EXPECT_THAT(Grant(ModelPlace::kLocal), IsEmpty());
}

TEST_F(RemoteModelStoreTest, TokensAreThoseThatTheEndpointCounts) {
  const int64_t job = SubmitRemote();
  const std::vector<Lease> leases = Grant(ModelPlace::kRemote);
  ASSERT_THAT(leases, SizeIs(2));
  std::vector<Prediction> predictions = RightAnswers(leases[0]);
  for (Prediction& prediction : predictions) {
    prediction.output_token_ids.clear();
    prediction.generated_tokens = 5;
  }
  // What was spent on an item that failed counts too.
  predictions[6] = Prediction();
  predictions[6].item_id = leases[0].items[6].id;
  predictions[6].error = "HTTP 503: busy";
  predictions[6].prompt_tokens = 100;
  predictions[6].generated_tokens = 50;
  ASSERT_EQ(*coordinator_.leases.Commit(leases[0].key, predictions), CommitOutcome::kAccepted);
  const RunProgress run = Run(job);
  EXPECT_EQ(run.items_done, 7);
  EXPECT_EQ(run.items_failed, 1);
  EXPECT_EQ(run.prompt_tokens, 6 * 10 + 100);
  EXPECT_EQ(run.generated_tokens, 6 * 5 + 50);
}

}  // namespace
}  // namespace assay
