// Runs command lines against a FakeService.
#ifndef ASSAY_TESTS_UNIT_CLIENT_COMMANDS_COMMANDS_FIXTURE_H_
#define ASSAY_TESTS_UNIT_CLIENT_COMMANDS_COMMANDS_FIXTURE_H_

#include <sstream>
#include <string>
#include <vector>

#include "client/commands/app.h"
#include "client/commands/exit_code.h"
#include "client/output/console.h"
#include "common/base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/client/commands/fake_service.h"

namespace assay {

class CommandsTest : public testing::Test {
 protected:
  CommandsTest() : server_(&service_) {}

  // The exit code of `assay ARGUMENTS... --coordinator <the fake>`; out_ and err_ are what it
  // wrote.
  int Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--coordinator", server_.address()});
    return RunAlone(std::move(arguments));
  }
  int RunAlone(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "assay");
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    std::ostringstream out, err;
    Console console;
    console.out = &out;
    console.err = &err;
    const int code = RunApp(static_cast<int>(argv.size()), argv.data(), console, Clock::Real());
    out_ = out.str();
    err_ = err.str();
    return code;
  }

  FakeService service_;
  FakeServer server_;
  std::string out_;
  std::string err_;
};

// A run of one model on one data set, the rest as the protocol buffer's defaults.
inline v1::RunProgress MakeRun(const std::string& dataset, v1::State state, int64_t done,
                               int64_t items) {
  v1::RunProgress run;
  v1::RunSpec& spec = *run.mutable_spec();
  spec.set_run_id(11);
  spec.set_job_id(7);
  spec.set_benchmark(dataset);
  spec.set_dataset_name(dataset);
  spec.set_dataset_sha256(std::string(64, 'd'));
  spec.set_model_name("tiny");
  spec.mutable_settings()->set_protocol("instructeval");
  spec.mutable_settings()->set_protocol_version(1);
  spec.mutable_settings()->set_shots(5);
  spec.mutable_settings()->set_precision(v1::PRECISION_BFLOAT16);
  run.set_state(state);
  run.set_items(items);
  run.set_items_done(done);
  return run;
}

inline v1::JobProgress MakeJob(v1::State state, std::vector<v1::RunProgress> runs) {
  v1::JobProgress job;
  job.set_job_id(7);
  job.set_state(state);
  job.mutable_submitted()->set_seconds(1'700'000'000);
  for (v1::RunProgress& run : runs) *job.add_runs() = std::move(run);
  return job;
}

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_CLIENT_COMMANDS_COMMANDS_FIXTURE_H_
