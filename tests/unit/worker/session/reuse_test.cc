#include "worker/session/reuse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "worker/session/request_digest.h"

namespace assay {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Request ARequest() {
  Request request;
  request.prompt = {1, 2, 3};
  request.max_new_tokens = 4;
  request.stop_token_ids = {9};
  return request;
}

PreparedItem AnItem(const std::string& id, int sample = 0) {
  PreparedItem item;
  item.prediction.item_id = id;
  item.prediction.sample_index = sample;
  item.prediction.prompt = "prompt of " + id;
  item.prediction.prompt_tokens = 3;
  item.prediction.prompt_sha256 = std::string(64, 'a');
  item.prediction.request_digest = std::string(32, 'b');
  item.requests = {ARequest()};
  return item;
}

Prediction Earlier(const std::string& id) {
  Prediction prediction;
  prediction.item_id = id;
  prediction.prompt_sha256 = std::string(64, 'a');
  prediction.request_digest = std::string(32, 'b');
  prediction.output = "said";
  prediction.output_token_ids = {5, 6};
  prediction.finish_reason = FinishReason::kStop;
  prediction.choice_loglikelihoods = {-0.5};
  prediction.reused_run = 7;
  return prediction;
}

TEST(ReuseTest, TheVerySameRequestIsNotComputedAgain) {
  std::vector<PreparedItem> items = {AnItem("one"), AnItem("two")};
  EXPECT_EQ(TakeReusable({Earlier("one")}, &items), 1);
  EXPECT_THAT(items[0].requests, IsEmpty());
  EXPECT_EQ(items[0].prediction.output, "said");
  EXPECT_EQ(items[0].prediction.output_token_ids, (std::vector<int32_t>{5, 6}));
  EXPECT_EQ(items[0].prediction.finish_reason, FinishReason::kStop);
  EXPECT_EQ(items[0].prediction.choice_loglikelihoods, (std::vector<double>{-0.5}));
  EXPECT_EQ(items[0].prediction.reused_run, 7);
  EXPECT_EQ(items[0].prediction.prompt, "prompt of one");
  EXPECT_THAT(items[1].requests, SizeIs(1));
  EXPECT_EQ(items[1].prediction.reused_run, 0);
}

TEST(ReuseTest, WhateverDiffersIsComputed) {
  const auto taken = [](auto change) {
    Prediction earlier = Earlier("one");
    change(earlier);
    std::vector<PreparedItem> items = {AnItem("one")};
    return TakeReusable({earlier}, &items);
  };
  EXPECT_EQ(taken([](Prediction&) {}), 1);
  EXPECT_EQ(taken([](Prediction& p) { p.item_id = "two"; }), 0);
  EXPECT_EQ(taken([](Prediction& p) { p.sample_index = 1; }), 0);
  EXPECT_EQ(taken([](Prediction& p) { p.prompt_sha256[0] = 'c'; }), 0);
  EXPECT_EQ(taken([](Prediction& p) { p.request_digest[0] = 'c'; }), 0);
  EXPECT_EQ(taken([](Prediction& p) { p.error = "none"; }), 0);
  // Of remote models: nobody knows what was asked.
  std::vector<PreparedItem> items = {AnItem("one")};
  items[0].prediction.request_digest = "";
  Prediction earlier = Earlier("one");
  earlier.request_digest = "";
  EXPECT_EQ(TakeReusable({earlier}, &items), 0);
}

TEST(RequestDigestTest, EverythingThatIsAskedIsPartOfIt) {
  const ProtocolSpec protocol;
  std::set<std::string> digests;
  const auto add = [&](auto change) {
    Request request = ARequest();
    change(request);
    digests.insert(RequestDigest({&request, 1}, protocol, 100));
  };
  add([](Request&) {});
  add([](Request& r) { r.prompt = {1, 2, 4}; });
  add([](Request& r) { r.prompt = {1, 2}; });
  add([](Request& r) { r.max_new_tokens = 5; });
  add([](Request& r) { r.stop_token_ids = {}; });
  add([](Request& r) { r.choices = {{1}, {2}}; });
  add([](Request& r) { r.choices = {{1, 2}}; });
  add([](Request& r) { r.sampling.temperature = 1; });
  add([](Request& r) { r.sampling = {1, 0.5, 0, {}}; });
  add([](Request& r) { r.sampling = {1, 1, 3, {}}; });
  add([](Request& r) { r.sampling = {1, 1, 0, {1, 2}}; });
  EXPECT_THAT(digests, SizeIs(11));
  const Request request = ARequest();
  ProtocolSpec stopped;
  stopped.stop_texts = {"\n"};
  digests.insert(RequestDigest({&request, 1}, stopped, 100));
  digests.insert(RequestDigest({&request, 1}, protocol, 101));
  const std::vector<Request> two = {request, request};
  digests.insert(RequestDigest(two, protocol, 100));
  EXPECT_THAT(digests, SizeIs(14));
  for (const std::string& digest : digests) EXPECT_THAT(digest, SizeIs(32));
}

TEST(RequestDigestTest, WhatAGreedyRequestDoesNotHeedIsNoPartOfIt) {
  Request request = ARequest();
  const std::string digest = RequestDigest({&request, 1}, ProtocolSpec(), 100);
  request.sampling = {0, 0.5, 3, {1, 2}};
  request.id = 77;
  EXPECT_EQ(RequestDigest({&request, 1}, ProtocolSpec(), 100), digest);
}

}  // namespace
}  // namespace assay
