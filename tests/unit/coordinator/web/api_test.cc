#include "coordinator/web/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/http/gzip.h"
#include "coordinator/web/proto_comments.h"
#include "coordinator/web/web_server.h"
#include "tests/unit/coordinator/service/server_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

// Lets tokens do what their text says.
class TextAuthorizer : public Authorizer {
 public:
  absl::StatusOr<Principal> Authenticate(const Credentials& credentials) override {
    // Without one they may do everything, as on a machine of one's own.
    if (!credentials.certificate_name.empty()) {
      return Principal{credentials.certificate_name, {Role::kRead}};
    }
    if (credentials.bearer_token.empty() && !anonymous) {
      return absl::UnauthenticatedError("set ASSAY_TOKEN");
    }
    if (credentials.bearer_token.empty()) return Principal{kAnonymousUser, {Role::kAdmin}};
    return Principal{"somebody", RoleSet::Parse(credentials.bearer_token).value_or(RoleSet())};
  }
  absl::StatusOr<Principal> Authorize(const Credentials& credentials, Role role,
                                      absl::string_view method) override {
    asked.insert(std::string(method));
    absl::StatusOr<Principal> caller = Authenticate(credentials);
    if (!caller.ok() || caller->roles.Allows(role)) return caller;
    return absl::PermissionDeniedError(absl::StrCat("the role ", RoleName(role), " is needed"));
  }
  std::set<std::string> asked;
  bool anonymous = true;
};

// Keeps what is recorded.
class KeptAudit : public AuditSink {
 public:
  void Record(const AuditEvent& event) override { events.push_back(event); }
  std::vector<AuditEvent> events;
};

class ApiTest : public ServerTest {
 protected:
  ApiTest()
      : services_{server_->evaluation(), server_->browse(), server_->rating(), server_->admin()},
        api_(services_, {&authorizer_, &audit_}) {}

  static WebRequest Request(const std::string& method, const std::string& target,
                            const std::string& body = "") {
    WebRequest request;
    request.method = method;
    request.path = target.substr(0, target.find('?'));
    if (request.path != target) request.query = target.substr(request.path.size() + 1);
    request.body = body;
    if (method == "POST") request.headers = {{"Content-Type", "application/json"}};
    return request;
  }
  Json Get(const std::string& target, int status = 200) {
    const WebResponse response = api_.Respond(Request("GET", target));
    EXPECT_EQ(response.status, status) << target << ": " << response.body;
    return Json::parse(response.body);
  }
  int Status(const WebRequest& request) { return api_.Respond(request).status; }

  TextAuthorizer authorizer_;
  KeptAudit audit_;
  const ApiServices services_;
  Api api_;
};

TEST_F(ApiTest, AnswersAreTheServicesOwn) {
  const int64_t job = SubmitByRpc(7);
  EXPECT_EQ(Get("/api/v1/server")["workers"], 0);
  EXPECT_EQ(Get("/api/v1/benchmarks")["benchmarks"][0]["name"], "bbh");
  const Json progress = Get(absl::StrCat("/api/v1/jobs/", job));
  EXPECT_EQ(progress["state"], "STATE_PENDING");
  EXPECT_EQ(progress["runs"][0]["items"], "14");
  const Lease lease = GrantOne();
  ASSERT_TRUE(coordinator_.leases.Commit(lease.key, RightAnswers(lease)).ok());
  GrantOne("worker-2");
  const std::string run = progress["runs"][0]["spec"]["run_id"];
  const Json samples = Get(absl::StrCat("/api/v1/runs/", run, "/samples?page_size=2"));
  ASSERT_EQ(samples["samples"].size(), 2u);
  EXPECT_EQ(samples["samples"][0]["verdict"], "VERDICT_CORRECT");
  EXPECT_NE(samples["next_page_token"], "");
  const std::string ordinal = samples["samples"][0]["item_ordinal"];
  const Json sample = Get(absl::StrCat("/api/v1/runs/", run, "/samples/", ordinal));
  EXPECT_EQ(sample["item"]["id"], samples["samples"][0]["item_id"]);
  EXPECT_THAT(std::string(sample["output"]), HasSubstr("answer"));
  EXPECT_EQ(Get("/api/v1/work")["leases"].size(), 1u);
  EXPECT_EQ(Get(absl::StrCat("/api/v1/jobs/", job, "/events"))["events"][0]["kind"],
            "job_submitted");
  EXPECT_EQ(Get("/api/v1/leaderboard/table?view=suite")["columns"].back()["key"].is_string(), true);
}

TEST_F(ApiTest, RunsAreComparedAsTheClientDoesIt) {
  std::string query;
  for (int i = 0; i < 2; ++i) {
    SubmitByRpc(14);
    const Lease lease = GrantOne();
    std::vector<Prediction> predictions = RightAnswers(lease);
    if (i == 1) predictions[0].output = predictions[1].output = "no";
    ASSERT_TRUE(coordinator_.leases.Commit(lease.key, predictions).ok());
    absl::StrAppend(&query, i == 0 ? "?" : "&", "run_ids=", lease.run.run_id);
  }
  const Json all = Get(absl::StrCat("/api/v1/comparison", query, "&groups=true&resamples=200"));
  EXPECT_EQ(all["items"], "14");
  EXPECT_EQ(all["models"][0]["rank"], 1);
  EXPECT_EQ(all["pairs"][0]["only_first"], "2");
  EXPECT_EQ(all["pairs"][0]["changed"], "2");
  EXPECT_EQ(all["groups"].size(), 2u);
  const Json ranks = Get(absl::StrCat("/api/v1/comparison", query, "&ranks_only=true"));
  EXPECT_EQ(ranks["pairs"].size(), 0u);
  EXPECT_EQ(ranks["models"][1]["rank"], 2);
  EXPECT_EQ(Get("/api/v1/comparison?run_ids=1", 400)["code"], "INVALID_ARGUMENT");
  // By one benchmark the ranks are those of the comparison.
  const Json of_one = Get(absl::StrCat("/api/v1/ranks", query, "&models=2&resamples=500"))["ranks"];
  ASSERT_EQ(of_one.size(), 2u);
  EXPECT_NEAR(of_one[0]["score"].get<double>(), 1.0, 1e-12);
  EXPECT_EQ(of_one[0]["rank"], 1);
  EXPECT_EQ(of_one[0]["best"], 1);
  EXPECT_EQ(of_one[1]["rank"], 2);
  EXPECT_EQ(of_one[1]["worst"], 2);
  for (const char* wrong :
       {"&models=1", "&models=3", "&models=2&run_ids=1", "&models=2&resamples=-1"}) {
    EXPECT_EQ(Get(absl::StrCat("/api/v1/ranks", query, wrong), 400)["code"], "INVALID_ARGUMENT")
        << wrong;
  }
  const Json differences = Get("/api/v1/differences?first_run=1&second_run=2");
  EXPECT_EQ(differences["differences"].size(), 2u);
  EXPECT_EQ(differences["differences"][0]["second"]["output"], "no");
}

TEST_F(ApiTest, WhatIsWrongIsToldAndItsStatusFits) {
  EXPECT_EQ(Get("/api/v1/jobs/77", 404)["code"], "NOT_FOUND");
  EXPECT_EQ(Get("/api/v1/nothing", 404)["code"], "NOT_FOUND");
  EXPECT_THAT(std::string(Get("/api/v1/jobs/x", 400)["message"]), HasSubstr("job_id: "));
  EXPECT_THAT(std::string(Get("/api/v1/jobs?nothing=1", 400)["message"]), HasSubstr("nothing: "));
  EXPECT_EQ(Get("/api/v1/jobs/7?job_id=8", 400)["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(Get("/api/v1/runs/1/samples?page_size=5000", 400)["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(Get("/api/v1/runs/1/samples?page_token=zzz", 400)["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(Status(Request("POST", "/api/v1/jobs")), 405);
  EXPECT_EQ(Status(Request("GET", "/api/v1/jobs/1/cancel")), 405);
  EXPECT_EQ(Status(Request("POST", "/api/v1/jobs/1/cancel", "{\"nothing\":1}")), 400);
  EXPECT_EQ(Status(Request("POST", "/api/v1/jobs/1/cancel?job_id=2")), 400);
}

TEST_F(ApiTest, JobsAreControlledByOnesOwnPagesOnly) {
  const int64_t job = SubmitByRpc(7);
  WebRequest pause = Request("POST", absl::StrCat("/api/v1/jobs/", job, "/pause"));
  WebRequest form = pause;
  form.headers = {{"Content-Type", "text/plain"}};
  EXPECT_EQ(Status(form), 400);
  WebRequest foreign = pause;
  foreign.headers.emplace_back("Sec-Fetch-Site", "cross-site");
  EXPECT_EQ(Status(foreign), 403);
  EXPECT_FALSE(Get(absl::StrCat("/api/v1/jobs/", job))["paused"]);
  EXPECT_EQ(Json::parse(api_.Respond(pause).body)["paused"], true);
  // A body cannot name another job than the path does.
  WebRequest other =
      Request("POST", absl::StrCat("/api/v1/jobs/", job, "/resume"), "{\"job_id\": \"99\"}");
  EXPECT_EQ(Json::parse(api_.Respond(other).body)["paused"], false);
}

TEST_F(ApiTest, TokensNeedTheRoleOfTheMethod) {
  WebRequest read = Request("GET", "/api/v1/jobs");
  read.headers.emplace_back("Authorization", "Bearer read");
  EXPECT_EQ(Status(read), 200);
  EXPECT_EQ(authorizer_.asked.count("assay.v1.EvaluationService/ListJobs"), 1u);
  read.path = "/api/v1/caller";
  EXPECT_EQ(Json::parse(api_.Respond(read).body)["roles"], Json({"ROLE_READ"}));
  read.path = "/api/v1/jobs";
  WebRequest cancel = Request("POST", "/api/v1/jobs/1/cancel");
  cancel.headers.emplace_back("Authorization", "bearer read");
  EXPECT_EQ(Status(cancel), 403);
  cancel.headers.back().second = "Bearer submit";
  EXPECT_EQ(Status(cancel), 404);
  authorizer_.anonymous = false;
  const WebResponse refused = api_.Respond(Request("GET", "/api/v1/jobs"));
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(Json::parse(refused.body)["code"], "UNAUTHENTICATED");
  EXPECT_THAT(refused.body, HasSubstr("Authorization: Bearer"));
  EXPECT_THAT(refused.headers, testing::Contains(testing::Pair("WWW-Authenticate", "Bearer")));
  EXPECT_EQ(Status(read), 200);
  WebRequest certified = Request("GET", "/api/v1/jobs");
  certified.certificate_name = "ann";
  EXPECT_EQ(Status(certified), 200);
  certified = Request("POST", "/api/v1/jobs/1/cancel");
  certified.certificate_name = "ann";
  EXPECT_EQ(Status(certified), 403);
  // A rater's own token is asked for whatever else is open, and goes in no URL.
  EXPECT_EQ(Status(Request("GET", "/api/v1/ratings/task")), 401);
  WebRequest task = Request("GET", "/api/v1/ratings/task?token=a");
  task.headers.emplace_back("Authorization", "Bearer b");
  EXPECT_EQ(Status(task), 400);
  task.query = "";
  EXPECT_EQ(Status(task), 401);  // there is no such rater
}

TEST_F(ApiTest, WhoChangedWhatIsWrittenDown) {
  const int64_t job = SubmitByRpc(7);
  WebRequest request = Request("POST", absl::StrCat("/api/v1/jobs/", job, "/pause"));
  request.peer = "192.0.2.1";
  EXPECT_EQ(Status(request), 200);
  request.path = "/api/v1/jobs/99/cancel";
  request.headers.emplace_back("Authorization", "Bearer submit");
  EXPECT_EQ(Status(request), 404);
  request.headers.back().second = "Bearer read";
  EXPECT_EQ(Status(request), 403);
  // Those who only look, and those whom nobody knows, are not.
  Get("/api/v1/jobs");
  authorizer_.anonymous = false;
  request.headers.pop_back();
  EXPECT_EQ(Status(request), 401);
  ASSERT_EQ(audit_.events.size(), 3u);
  EXPECT_EQ(audit_.events[0].user, kAnonymousUser);
  EXPECT_EQ(audit_.events[0].method, "assay.v1.EvaluationService/PauseJob");
  EXPECT_THAT(audit_.events[0].object, HasSubstr(absl::StrCat("job_id=", job)));
  EXPECT_EQ(audit_.events[0].peer, "http:192.0.2.1");
  EXPECT_EQ(audit_.events[0].outcome, "OK");
  EXPECT_EQ(audit_.events[1].user, "somebody");
  EXPECT_EQ(audit_.events[1].object, "job_id=99");
  EXPECT_EQ(audit_.events[1].outcome, "NOT_FOUND");
  EXPECT_EQ(audit_.events[2].outcome, "PERMISSION_DENIED");
}

TEST_F(ApiTest, TheDescriptionHasEveryRouteAndTheCommentsOfTheProtocol) {
  const Json description = Get("/api/v1/openapi.json");
  EXPECT_EQ(description["openapi"], "3.1.0");
  std::set<std::string> ids;
  for (const ApiRoute& route : api_.routes()) {
    ASSERT_NE(route.rpc, nullptr) << route.path;
    const Json& operation =
        description["paths"][route.path][route.method == "GET" ? "get" : "post"];
    EXPECT_TRUE(ids.insert(operation["operationId"].get<std::string>()).second) << route.path;
  }
  EXPECT_THAT(
      std::string(
          description["components"]["schemas"]["SampleRow"]["properties"]["output"]["description"]),
      HasSubstr("first characters"));
  EXPECT_THAT(ProtoComment("assay.v1.BrowseService.ListSamples"), HasSubstr("page at a time"));
}

TEST_F(ApiTest, ThePageIsServedWithItsPolicyAndTags) {
  HttpServerOptions options;
  options.listen = "127.0.0.1:0";
  options.threads = 2;
  options.ordinary = 1;
  const std::unique_ptr<HttpServer> http = HttpServer::Start(options).value();
  const std::string script(5000, 'x');
  const WebPageFile files[] = {{"/", "text/html; charset=utf-8", "<p>", false},
                               {"/assets/a-12345678.js", "text/javascript", script, true}};
  WebServer web(http.get(), services_, {&authorizer_, &audit_}, files);
  WebRequest request = Request("GET", "/");
  const WebResponse index = web.ServePage(request);
  EXPECT_EQ(index.body, "<p>");
  EXPECT_THAT(index.headers, testing::Contains(testing::Pair("Content-Security-Policy",
                                                             HasSubstr("script-src 'self'"))));
  const auto tag = std::find_if(index.headers.begin(), index.headers.end(),
                                [](const auto& header) { return header.first == "ETag"; });
  ASSERT_NE(tag, index.headers.end());
  request.headers = {{"If-None-Match", tag->second}};
  EXPECT_EQ(web.ServePage(request).status, 304);
  request = Request("GET", "/assets/a-12345678.js");
  EXPECT_EQ(web.ServePage(request).body, script);
  request.headers = {{"Accept-Encoding", "gzip"}};
  EXPECT_EQ(web.ServePage(request).body, Gzip(script, 9));
  EXPECT_EQ(web.ServePage(Request("GET", "/other")).status, 404);
  EXPECT_EQ(web.ServePage(Request("POST", "/")).status, 405);
  WebServer none(http.get(), services_, {&authorizer_, &audit_}, {});
  EXPECT_THAT(none.ServePage(Request("GET", "/")).body, HasSubstr("built without its web page"));
}

TEST(MatchPathTest, PartsInBracesAreNamed) {
  std::map<std::string, std::string> parts;
  EXPECT_TRUE(MatchPath("/a/{b}/c/{d}", "/a/1/c/x y", &parts));
  EXPECT_EQ(parts, (std::map<std::string, std::string>{{"b", "1"}, {"d", "x y"}}));
  EXPECT_FALSE(MatchPath("/a/{b}", "/a/", &parts));
  EXPECT_FALSE(MatchPath("/a/{b}", "/a/1/2", &parts));
  EXPECT_FALSE(MatchPath("/a/b", "/a/c", &parts));
}

}  // namespace
}  // namespace assay
