#include "client/doctor/machine_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/base/version.h"

namespace assay {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;

constexpr uint64_t kGibibyte = uint64_t{1} << 30;

MATCHER_P2(Says, level, text, "") {
  return arg.level == level && arg.text.find(text) != std::string::npos;
}

nlohmann::json GoodProbe() {
  return {{"version", kVersion}, {"device", "cpu"},         {"engine", "2/avx512"},
          {"device_error", ""},  {"sandbox", "namespaces"}, {"sandbox_error", ""}};
}

TEST(MachineChecksTest, ReadsTheProbeOfAWorker) {
  EXPECT_THAT(CheckProbe(GoodProbe().dump()), Each(Field(&Finding::level, Level::kOk)));
  nlohmann::json probe = GoodProbe();
  probe["version"] = "0.0.9";
  probe["device_error"] = "no driver";
  probe["sandbox_error"] = "no namespaces";
  const Findings findings = CheckProbe(probe.dump());
  EXPECT_THAT(findings, Contains(Says(Level::kWarning, "0.0.9")));
  EXPECT_THAT(findings, Contains(Says(Level::kProblem, "no driver")));
  EXPECT_THAT(findings, Contains(Says(Level::kWarning, "no namespaces")));
}

TEST(MachineChecksTest, AProbeThatIsNoneIsAProblem) {
  for (const char* text : {"", "[]", "{\"version\": "}) {
    EXPECT_THAT(CheckProbe(text), Contains(Field(&Finding::level, Level::kProblem))) << text;
  }
  // Fields of other types are as if they were not there.
  EXPECT_THAT(CheckProbe("{\"version\": 3}"), Contains(Says(Level::kWarning, "assay-worker")));
}

TEST(MachineChecksTest, ADiskIsFullBeforeItIs) {
  EXPECT_EQ(CheckRoom("/d", 100 * kGibibyte, 200 * kGibibyte).level, Level::kOk);
  EXPECT_EQ(CheckRoom("/d", 5 * kGibibyte, 20 * kGibibyte).level, Level::kOk);
  EXPECT_EQ(CheckRoom("/d", 5 * kGibibyte, 200 * kGibibyte).level, Level::kWarning);
  EXPECT_EQ(CheckRoom("/d", kGibibyte / 2, kGibibyte).level, Level::kProblem);
}

TEST(MachineChecksTest, LooksForTheFilesOfModels) {
  v1::ModelSpec model;
  model.set_name("tiny");
  model.set_path("/");
  EXPECT_EQ(CheckModelFiles(model, true).level, Level::kOk);
  model.set_base_path("/nowhere/base");
  EXPECT_EQ(CheckModelFiles(model, false).level, Level::kNote);
  EXPECT_THAT(CheckModelFiles(model, true), Says(Level::kProblem, "no /nowhere/base"));
}

}  // namespace
}  // namespace assay
