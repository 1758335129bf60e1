#include "common/rpc/convert.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "common/remote/remote_model.h"

namespace assay {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kDigest(64, 'a');

Item AnItem() {
  Item item;
  item.id = "mmlu/astronomy/17";
  item.group = "astronomy";
  item.split = "test";
  item.ordinal = 17;
  item.fields = {{"question", "How far?"}, {"A", "1"}, {"A@pandas", "1.0"}};
  item.choices = {"A", "B"};
  item.target = "B";
  return item;
}

ModelSpec AModel() {
  ModelSpec model;
  model.name = "SmolLM2-135M_Instruct.q4";
  model.path = "/models/smol.gguf";
  model.format = "gguf";
  model.architecture = "llama";
  model.weights_sha256 = kDigest;
  model.tokenizer_sha256 = std::string(64, '0');
  model.parameters = 134515008;
  model.context_length = 8192;
  model.vocabulary_size = 49152;
  model.stored_type = "Q4_1";
  model.characters_per_token = 4.25;
  model.generation_settings = R"({"top_p":0.9})";
  return model;
}

RunSpec ARun() {
  RunSpec run;
  run.run_id = 3;
  run.job_id = 2;
  run.benchmark = "mmlu";
  run.dataset_name = "mmlu-small";
  run.dataset_sha256 = kDigest;
  run.settings.protocol = "lm-eval";
  run.settings.protocol_version = 4;
  run.settings.shots = 5;
  run.settings.precision = Precision::kFloat16;
  run.settings.limit = 20;
  run.settings.prompt_template = PromptTemplate::kChat;
  run.settings.system_prompt = "Be short.";
  run.settings.bos = BosHandling::kNever;
  run.settings.sampling = {.temperature = 0.8, .top_p = 0.95, .top_k = 40, .seed = 7, .samples = 3};
  run.model_name = "smol";
  return run;
}

RunProgress AProgress() {
  RunProgress run;
  run.spec = ARun();
  run.state = State::kRunning;
  run.error = "disk full";
  run.engine = "1/amx";
  run.sandbox = "rlimits";
  run.items = 100;
  run.items_done = 50;
  run.items_failed = 1;
  run.prompt_tokens = 1000;
  run.cached_tokens = 900;
  run.generated_tokens = 10;
  run.started = absl::FromUnixNanos(1'700'000'000'123'456'789);
  return run;
}

Prediction APrediction() {
  Prediction prediction;
  prediction.item_id = "mmlu/astronomy/17";
  prediction.sample_index = 1;
  prediction.prompt = "How far?\nAnswer:";
  prediction.prompt_sha256 = kDigest;
  prediction.prompt_tokens = 7;
  prediction.cached_tokens = 3;
  prediction.shots_used = 2;
  prediction.over_max_input = true;
  prediction.truncated = true;
  prediction.output = "not UTF-8: \xF0\x9F";
  prediction.output_token_ids = {5, 0, 49151};
  prediction.finish_reason = FinishReason::kContext;
  prediction.choice_loglikelihoods = {-1.0 / 3, -std::numeric_limits<double>::infinity()};
  prediction.error = "";
  return prediction;
}

Lease ALease() {
  Lease lease;
  lease.key = {11, 2, 33};
  lease.run = ARun();
  lease.model = AModel();
  lease.items = {AnItem()};
  Item shot = AnItem();
  shot.id = "mmlu/astronomy/dev/0";
  shot.split = "dev";
  lease.shots = {{"astronomy", {shot, AnItem()}}};
  return lease;
}

// Through the wire and back, and to a protobuf again: a field that either direction forgets shows
// in the values that are checked beside this, or as a difference here.
template <typename Proto, typename Domain>
Domain RoundTrip(const Domain& value) {
  const Proto sent = ToProto(value);
  Proto received;
  EXPECT_TRUE(received.ParseFromString(sent.SerializeAsString()));
  auto result = FromProto(received);
  EXPECT_TRUE(result.ok()) << result.status();
  if (!result.ok()) return Domain();
  EXPECT_TRUE(MessageDifferencer::Equals(sent, ToProto(*result)));
  return *result;
}

TEST(ConvertTest, Item) {
  const Item item = RoundTrip<v1::Item>(AnItem());
  EXPECT_EQ(item.id, "mmlu/astronomy/17");
  EXPECT_EQ(item.group, "astronomy");
  EXPECT_EQ(item.split, "test");
  EXPECT_EQ(item.ordinal, 17);
  EXPECT_EQ(item.fields, AnItem().fields);
  EXPECT_THAT(item.choices, ElementsAre("A", "B"));
  EXPECT_EQ(item.target, "B");
}

TEST(ConvertTest, DatasetInfo) {
  const DatasetInfo dataset =
      RoundTrip<v1::DatasetInfo>(DatasetInfo{"mmlu", "mine", kDigest, 14042, 285, 57});
  EXPECT_EQ(dataset.benchmark, "mmlu");
  EXPECT_EQ(dataset.name, "mine");
  EXPECT_EQ(dataset.sha256, kDigest);
  EXPECT_EQ(dataset.items, 14042);
  EXPECT_EQ(dataset.examples, 285);
  EXPECT_EQ(dataset.groups, 57);
}

TEST(ConvertTest, ModelSpec) {
  const ModelSpec model = RoundTrip<v1::ModelSpec>(AModel());
  EXPECT_EQ(model.name, AModel().name);
  EXPECT_EQ(model.path, "/models/smol.gguf");
  EXPECT_EQ(model.format, "gguf");
  EXPECT_EQ(model.architecture, "llama");
  EXPECT_EQ(model.weights_sha256, kDigest);
  EXPECT_EQ(model.tokenizer_sha256, AModel().tokenizer_sha256);
  EXPECT_EQ(model.parameters, 134515008);
  EXPECT_EQ(model.context_length, 8192);
  EXPECT_EQ(model.vocabulary_size, 49152);
  EXPECT_EQ(model.stored_type, "Q4_1");
  EXPECT_EQ(model.characters_per_token, 4.25);
  EXPECT_EQ(model.generation_settings, R"({"top_p":0.9})");

  ModelSpec adapter = AModel();
  adapter.format = "peft";
  adapter.base_path = "/models/base";
  EXPECT_EQ(RoundTrip<v1::ModelSpec>(adapter).base_path, "/models/base");
}

ModelSpec ARemoteModel() {
  RemoteEndpoint endpoint;
  endpoint.model = "gpt-x";
  endpoint.api = RemoteApi::kCompletions;
  endpoint.key_name = "X_API_KEY";
  endpoint.input_price = 0.5;
  endpoint.output_price = 1.5;
  endpoint.requests_per_minute = 60;
  endpoint.tokens_per_minute = 9000;
  endpoint.concurrency = 3;
  return *MakeRemoteModel("gpt", "https://host/v1", endpoint, 4096, 3.5);
}

TEST(ConvertTest, RemoteModel) {
  const ModelSpec model = RoundTrip<v1::ModelSpec>(ARemoteModel());
  EXPECT_EQ(model.remote, ARemoteModel().remote);
  EXPECT_EQ(model.path, "https://host/v1");
  EXPECT_EQ(model.tokenizer_sha256, "");
  EXPECT_EQ(model.context_length, 4096);
}

TEST(ConvertTest, RunSpecAndSettings) {
  const RunSpec run = RoundTrip<v1::RunSpec>(ARun());
  EXPECT_EQ(run.run_id, 3);
  EXPECT_EQ(run.job_id, 2);
  EXPECT_EQ(run.benchmark, "mmlu");
  EXPECT_EQ(run.dataset_name, "mmlu-small");
  EXPECT_EQ(run.dataset_sha256, kDigest);
  EXPECT_EQ(run.settings.protocol, "lm-eval");
  EXPECT_EQ(run.settings.protocol_version, 4);
  EXPECT_EQ(run.settings.shots, 5);
  EXPECT_EQ(run.settings.precision, Precision::kFloat16);
  EXPECT_EQ(run.settings.limit, 20);
  EXPECT_EQ(run.settings.prompt_template, PromptTemplate::kChat);
  EXPECT_EQ(run.settings.system_prompt, "Be short.");
  EXPECT_EQ(run.settings.bos, BosHandling::kNever);
  EXPECT_EQ(run.settings.sampling.temperature, 0.8);
  EXPECT_EQ(run.settings.sampling.top_p, 0.95);
  EXPECT_EQ(run.settings.sampling.top_k, 40);
  EXPECT_EQ(run.settings.sampling.seed, 7);
  EXPECT_EQ(run.settings.sampling.samples, 3);
  EXPECT_EQ(run.model_name, "smol");
}

TEST(ConvertTest, ShotsOfTheProtocolAreToldFromNoShots) {
  RunSettings settings;
  settings.shots = -1;
  EXPECT_EQ(RoundTrip<v1::RunSettings>(settings).shots, -1);
  settings.shots = 0;
  EXPECT_EQ(RoundTrip<v1::RunSettings>(settings).shots, 0);
}

// What clients of earlier versions mean by saying nothing.
TEST(ConvertTest, SettingsThatAreNotThereHaveTheirDefaults) {
  v1::RunSettings proto;
  proto.set_precision(v1::PRECISION_INT8);
  const auto settings = FromProto(proto);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->prompt_template, PromptTemplate::kNone);
  EXPECT_EQ(settings->bos, BosHandling::kDefault);
  EXPECT_EQ(settings->sampling.temperature, std::nullopt);
  EXPECT_EQ(settings->sampling.top_p, 1);
  EXPECT_EQ(settings->sampling.samples, 1);
}

TEST(ConvertTest, SettingsOutOfRangeAreRefused) {
  const auto refusal = [](auto change) {
    v1::RunSettings proto = ToProto(RunSettings());
    change(proto);
    const auto settings = FromProto(proto);
    EXPECT_TRUE(absl::IsInvalidArgument(settings.status())) << settings.status();
    return std::string(settings.status().message());
  };
  using Proto = v1::RunSettings;
  EXPECT_THAT(refusal([](Proto& p) { p.mutable_sampling()->set_temperature(-0.5); }),
              HasSubstr("SamplingSettings.temperature"));
  EXPECT_THAT(refusal([](Proto& p) { p.mutable_sampling()->set_temperature(std::nan("")); }),
              HasSubstr("SamplingSettings.temperature"));
  EXPECT_THAT(refusal([](Proto& p) { p.mutable_sampling()->set_top_p(0); }),
              HasSubstr("SamplingSettings.top_p"));
  EXPECT_THAT(refusal([](Proto& p) { p.mutable_sampling()->set_top_p(std::nan("")); }),
              HasSubstr("SamplingSettings.top_p"));
  EXPECT_THAT(refusal([](Proto& p) { p.mutable_sampling()->set_top_k(-1); }),
              HasSubstr("SamplingSettings.top_k"));
  EXPECT_THAT(refusal([](Proto& p) { p.mutable_sampling()->set_seed(-1); }),
              HasSubstr("SamplingSettings.seed"));
  EXPECT_THAT(refusal([](Proto& p) { p.mutable_sampling()->set_samples(kMostSamples + 1); }),
              HasSubstr("SamplingSettings.samples: must be between 1 and 1000, got 1001"));
  EXPECT_THAT(refusal([](Proto& p) { p.set_bos(static_cast<v1::BosHandling>(9)); }),
              HasSubstr("RunSettings.bos: unknown value 9"));
}

TEST(ConvertTest, JobProgress) {
  JobProgress job;
  job.job_id = 9;
  job.state = State::kFailed;
  job.submitted = absl::FromUnixNanos(-1'500'000'000);  // before 1970, and not whole seconds
  job.runs = {AProgress(), AProgress()};
  job.runs[1].finished = absl::FromUnixSeconds(1'800'000'000);
  job.awaits_judges = true;
  job.judge_job = 10;
  job.judge_error = "no answers";
  const JobProgress back = RoundTrip<v1::JobProgress>(job);
  EXPECT_EQ(back.job_id, 9);
  EXPECT_EQ(back.state, State::kFailed);
  EXPECT_EQ(back.submitted, job.submitted);
  EXPECT_TRUE(back.awaits_judges);
  EXPECT_EQ(back.judge_job, 10);
  EXPECT_EQ(back.judge_error, "no answers");
  ASSERT_EQ(back.runs.size(), 2u);
  EXPECT_EQ(back.runs[0].state, State::kRunning);
  EXPECT_EQ(back.runs[0].error, "disk full");
  EXPECT_EQ(back.runs[0].engine, "1/amx");
  EXPECT_EQ(back.runs[0].sandbox, "rlimits");
  EXPECT_EQ(back.runs[0].items, 100);
  EXPECT_EQ(back.runs[0].items_done, 50);
  EXPECT_EQ(back.runs[0].items_failed, 1);
  EXPECT_EQ(back.runs[0].prompt_tokens, 1000);
  EXPECT_EQ(back.runs[0].cached_tokens, 900);
  EXPECT_EQ(back.runs[0].generated_tokens, 10);
  EXPECT_EQ(back.runs[0].started, job.runs[0].started);
  EXPECT_EQ(back.runs[0].finished, absl::InfiniteFuture());
  EXPECT_EQ(back.runs[1].finished, job.runs[1].finished);
}

TEST(ConvertTest, TimesThatAreNotKnownStayUnknown) {
  JobProgress job;
  job.job_id = 1;
  EXPECT_EQ(RoundTrip<v1::JobProgress>(job).submitted, absl::InfinitePast());
  RunProgress run = AProgress();
  run.started = absl::InfinitePast();
  EXPECT_EQ(RoundTrip<v1::RunProgress>(run).started, absl::InfinitePast());
}

TEST(ConvertTest, Prediction) {
  const Prediction prediction = RoundTrip<v1::Prediction>(APrediction());
  EXPECT_EQ(prediction.item_id, "mmlu/astronomy/17");
  EXPECT_EQ(prediction.sample_index, 1);
  EXPECT_EQ(prediction.prompt, APrediction().prompt);
  EXPECT_EQ(prediction.prompt_sha256, kDigest);
  EXPECT_EQ(prediction.prompt_tokens, 7);
  EXPECT_EQ(prediction.cached_tokens, 3);
  EXPECT_EQ(prediction.shots_used, 2);
  EXPECT_TRUE(prediction.over_max_input);
  EXPECT_TRUE(prediction.truncated);
  EXPECT_EQ(prediction.output, "not UTF-8: \xF0\x9F");
  EXPECT_THAT(prediction.output_token_ids, ElementsAre(5, 0, 49151));
  EXPECT_EQ(prediction.finish_reason, FinishReason::kContext);
  EXPECT_EQ(prediction.choice_loglikelihoods, APrediction().choice_loglikelihoods);
}

TEST(ConvertTest, PredictionThatIsAnErrorNeedsNothingElse) {
  Prediction prediction;
  prediction.item_id = "x";
  prediction.error = "did not fit into memory";
  EXPECT_EQ(RoundTrip<v1::Prediction>(prediction).error, "did not fit into memory");
}

TEST(ConvertTest, ScoreAndMetric) {
  Score score{"starts_with", 2, Verdict::kError, "extract"};
  const Score score_back = RoundTrip<v1::Score>(score);
  EXPECT_EQ(score_back.grader, "starts_with");
  EXPECT_EQ(score_back.grader_version, 2);
  EXPECT_EQ(score_back.verdict, Verdict::kError);
  EXPECT_EQ(score_back.extracted, "extract");
  EXPECT_FALSE(score_back.partial.has_value());
  score.partial = 0.0;
  EXPECT_EQ(RoundTrip<v1::Score>(score).partial, 0.0);
  v1::Score beyond = ToProto(score);
  beyond.set_partial(1.5);
  EXPECT_EQ(FromProto(beyond).status().message(), "Score.partial: must be between 0 and 1");
  const Metric metric = RoundTrip<v1::Metric>(
      Metric{"accuracy", "category:STEM", 0.25, 0.01, 400, 3, 2, 1, 0.21, 0.29});
  EXPECT_EQ(metric.name, "accuracy");
  EXPECT_EQ(metric.group, "category:STEM");
  EXPECT_EQ(metric.value, 0.25);
  EXPECT_EQ(metric.standard_error, 0.01);
  EXPECT_EQ(metric.items, 400);
  EXPECT_EQ(metric.errors, 3);
  EXPECT_EQ(metric.low, 0.21);
  EXPECT_EQ(metric.high, 0.29);
}

TEST(ConvertTest, WorkerInfo) {
  const WorkerInfo worker =
      RoundTrip<v1::WorkerInfo>(WorkerInfo{"w-1",
                                           "host",
                                           "1/amx",
                                           "cpu",
                                           2,
                                           {{"float32", 174.5}, {"bfloat16", 371.0}},
                                           "openai/1",
                                           "namespaces"});
  EXPECT_EQ(worker.worker_id, "w-1");
  EXPECT_EQ(worker.hostname, "host");
  EXPECT_EQ(worker.engine_version, "1/amx");
  EXPECT_EQ(worker.device, "cpu");
  EXPECT_EQ(worker.threads, 2);
  EXPECT_EQ(worker.gflops.at("bfloat16"), 371.0);
  EXPECT_EQ(worker.remote_engine, "openai/1");
  EXPECT_EQ(worker.sandbox, "namespaces");
}

TEST(ConvertTest, Lease) {
  const Lease lease = RoundTrip<v1::LeaseGrant>(ALease());
  EXPECT_EQ(lease.key, (LeaseKey{11, 2, 33}));
  EXPECT_EQ(lease.run.model_name, "smol");
  EXPECT_EQ(lease.model.path, "/models/smol.gguf");
  ASSERT_EQ(lease.items.size(), 1u);
  EXPECT_EQ(lease.items[0].id, "mmlu/astronomy/17");
  ASSERT_EQ(lease.shots.at("astronomy").size(), 2u);
  EXPECT_EQ(lease.shots.at("astronomy")[0].id, "mmlu/astronomy/dev/0");
}

// `proto` after `change` is refused with an error that names `field`.
template <typename Proto, typename Change>
void ExpectRefused(Proto proto, Change change, const std::string& field) {
  ASSERT_TRUE(FromProto(proto).ok()) << "the example itself is refused";
  change(proto);
  const absl::Status status = FromProto(proto).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(field));
}

TEST(ConvertTest, RefusesARemoteModelThatMakesNoSense) {
  const v1::ModelSpec model = ToProto(ARemoteModel());
  ExpectRefused(
      model, [](auto& m) { m.clear_remote(); }, "ModelSpec.remote");
  ExpectRefused(
      model, [](auto& m) { m.set_format("gguf"); }, "ModelSpec.remote");
  ExpectRefused(
      model, [](auto& m) { m.set_path("https://other/v1"); }, "ModelSpec.weights_sha256");
  ExpectRefused(
      model, [](auto& m) { m.set_path("https://HOST/v1"); }, "ModelSpec.path");
  ExpectRefused(
      model, [](auto& m) { m.mutable_remote()->clear_api(); }, "ModelSpec.remote.api");
  ExpectRefused(
      model, [](auto& m) { m.mutable_remote()->set_model("gpt-y"); }, "ModelSpec.weights_sha256");
  ExpectRefused(
      model, [](auto& m) { m.mutable_remote()->set_key_name("PATH"); },
      "ModelSpec.remote.key_name");
  ExpectRefused(
      model, [](auto& m) { m.set_tokenizer_sha256(kDigest); }, "ModelSpec.tokenizer_sha256");
  ExpectRefused(
      model, [](auto& m) { m.set_parameters(-1); }, "ModelSpec.parameters");
}

TEST(ConvertTest, RefusesAModelThatMakesNoSense) {
  const v1::ModelSpec model = ToProto(AModel());
  ExpectRefused(
      model, [](auto& m) { m.clear_name(); }, "ModelSpec.name");
  ExpectRefused(
      model, [](auto& m) { m.set_name("a/../b"); }, "ModelSpec.name");
  ExpectRefused(
      model, [](auto& m) { m.set_path("models/x"); }, "ModelSpec.path");
  ExpectRefused(
      model, [](auto& m) { m.set_format("onnx"); }, "ModelSpec.format");
  ExpectRefused(
      model, [](auto& m) { m.set_format("peft"); }, "ModelSpec.base_path");
  ExpectRefused(
      model, [](auto& m) { m.set_base_path("/models/base"); }, "ModelSpec.base_path");
  ExpectRefused(
      model, [](auto& m) { m.clear_architecture(); }, "ModelSpec.architecture");
  ExpectRefused(
      model, [](auto& m) { m.set_weights_sha256("abc"); }, "ModelSpec.weights_sha256");
  ExpectRefused(
      model, [](auto& m) { m.set_tokenizer_sha256(std::string(64, 'A')); },
      "ModelSpec.tokenizer_sha256");
  ExpectRefused(
      model, [](auto& m) { m.set_parameters(0); }, "ModelSpec.parameters");
  ExpectRefused(
      model, [](auto& m) { m.set_context_length(-1); }, "ModelSpec.context_length");
  ExpectRefused(
      model, [](auto& m) { m.set_vocabulary_size(0); }, "ModelSpec.vocabulary_size");
  ExpectRefused(
      model, [](auto& m) { m.set_characters_per_token(std::numeric_limits<double>::quiet_NaN()); },
      "ModelSpec.characters_per_token");
}

TEST(ConvertTest, RefusesSettingsThatMakeNoSense) {
  const v1::RunSpec run = ToProto(ARun());
  ExpectRefused(
      run, [](auto& r) { r.clear_settings(); }, "RunSpec.settings");
  ExpectRefused(
      run, [](auto& r) { r.mutable_settings()->set_shots(-1); }, "RunSettings.shots");
  ExpectRefused(
      run, [](auto& r) { r.mutable_settings()->set_limit(-1); }, "RunSettings.limit");
  ExpectRefused(
      run, [](auto& r) { r.mutable_settings()->set_precision(v1::PRECISION_UNSPECIFIED); },
      "RunSettings.precision: is missing");
  ExpectRefused(
      run, [](auto& r) { r.mutable_settings()->set_precision(static_cast<v1::Precision>(77)); },
      "RunSettings.precision: unknown value 77");
}

TEST(ConvertTest, RefusesALeaseThatMakesNoSense) {
  const v1::LeaseGrant lease = ToProto(ALease());
  ExpectRefused(
      lease, [](auto& l) { l.clear_lease(); }, "LeaseGrant.lease");
  ExpectRefused(
      lease, [](auto& l) { l.clear_run(); }, "LeaseGrant.run");
  ExpectRefused(
      lease, [](auto& l) { l.clear_model(); }, "LeaseGrant.model");
  ExpectRefused(
      lease, [](auto& l) { l.clear_items(); }, "LeaseGrant.items");
  ExpectRefused(
      lease, [](auto& l) { l.mutable_lease()->set_lease_id(0); }, "LeaseKey.lease_id");
  ExpectRefused(
      lease, [](auto& l) { l.mutable_items(0)->clear_id(); }, "Item.id");
  ExpectRefused(
      lease, [](auto& l) { l.mutable_items(0)->set_split("train"); }, "Item.split");
  ExpectRefused(
      lease, [](auto& l) { (*l.mutable_shots())["astronomy"].mutable_items(0)->set_ordinal(-2); },
      "Item.ordinal");
}

TEST(ConvertTest, RefusesAPredictionThatMakesNoSense) {
  const v1::Prediction prediction = ToProto(APrediction());
  ExpectRefused(
      prediction, [](auto& p) { p.clear_item_id(); }, "Prediction.item_id");
  ExpectRefused(
      prediction, [](auto& p) { p.clear_prompt_sha256(); }, "Prediction.prompt_sha256");
  ExpectRefused(
      prediction, [](auto& p) { p.set_shots_used(-1); }, "Prediction.shots_used");
  ExpectRefused(
      prediction, [](auto& p) { p.clear_finish_reason(); }, "Prediction.finish_reason");
  ExpectRefused(
      prediction,
      [](auto& p) { p.set_choice_loglikelihoods(1, std::numeric_limits<double>::quiet_NaN()); },
      "Prediction.choice_loglikelihoods[1]");
}

TEST(ConvertTest, RefusesAWorkerThatMakesNoSense) {
  const v1::WorkerInfo worker = ToProto(WorkerInfo{"w", "h", "1", "cpu", 2, {{"float32", 1.0}}});
  ExpectRefused(
      worker, [](auto& w) { w.clear_worker_id(); }, "WorkerInfo.worker_id");
  ExpectRefused(
      worker, [](auto& w) { w.set_threads(0); }, "WorkerInfo.threads");
  ExpectRefused(
      worker,
      [](auto& w) { (*w.mutable_gflops())["float32"] = std::numeric_limits<double>::infinity(); },
      "WorkerInfo.gflops[\"float32\"]");
}

TEST(ConvertTest, StatusKeepsCodeAndMessageBothWays) {
  for (int code = 0; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), code == 0 ? "" : "why");
    const absl::Status back = FromGrpcStatus(ToGrpcStatus(status));
    EXPECT_EQ(back, status);
  }
  EXPECT_EQ(ToGrpcStatus(absl::NotFoundError("x")).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST(ConvertTest, CommitOutcome) {
  EXPECT_EQ(ToProto(CommitOutcome::kAccepted), v1::COMMIT_OUTCOME_ACCEPTED);
  EXPECT_EQ(ToProto(CommitOutcome::kDuplicate), v1::COMMIT_OUTCOME_DUPLICATE);
  EXPECT_EQ(ToProto(CommitOutcome::kStale), v1::COMMIT_OUTCOME_STALE);
}

}  // namespace
}  // namespace assay
