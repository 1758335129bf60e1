#include "client/doctor/machine_checks.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/version.h"

namespace assay {
namespace {

constexpr char kMachine[] = "this machine";
constexpr uint64_t kGibibyte = uint64_t{1} << 30;

std::string Text(const nlohmann::json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

Finding CheckDevice(const nlohmann::json& probe) {
  const std::string device = Text(probe, "device");
  if (const std::string error = Text(probe, "device_error"); !error.empty()) {
    return {Level::kProblem, kMachine, absl::StrCat("device ", device, ": ", error),
            "see docs/devices.md; `deploy/setup cuda` fetches NVIDIA's libraries"};
  }
  return {Level::kOk, kMachine,
          absl::StrCat("device ", device, " computes, engine ", Text(probe, "engine"))};
}

Finding CheckSandbox(const nlohmann::json& probe) {
  const std::string mode = Text(probe, "sandbox");
  if (const std::string error = Text(probe, "sandbox_error"); !error.empty()) {
    return {Level::kWarning, kMachine, absl::StrCat("sandbox ", mode, ": ", error),
            "benchmarks that run programs (HumanEval) fail on a worker here; docs/sandbox.md"};
  }
  return {Level::kOk, kMachine, absl::StrCat("sandbox ", mode, " runs programs")};
}

bool IsThere(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

}  // namespace

Findings CheckProbe(absl::string_view json) {
  const nlohmann::json probe = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!probe.is_object()) {
    return {{Level::kProblem, kMachine, "assay-worker probe did not print a JSON object",
             "bring assay-worker to this client's version"}};
  }
  Findings findings;
  if (const std::string version = Text(probe, "version"); version != kVersion) {
    findings.push_back(
        {Level::kWarning, kMachine,
         absl::StrCat("assay-worker is of version ", version, ", this client of ", kVersion),
         "bring all programs to one version"});
  }
  findings.push_back(CheckDevice(probe));
  findings.push_back(CheckSandbox(probe));
  return findings;
}

Finding CheckRoom(const std::string& path, uint64_t available, uint64_t capacity) {
  const double giga = static_cast<double>(available) / static_cast<double>(kGibibyte);
  const std::string text = absl::StrFormat("%s: %.1f GiB are free", path, giga);
  const char* const advice =
      "make room: a full disk stops the database, and nothing is stored "
      "until there is some again";
  if (available < kGibibyte) return {Level::kProblem, kMachine, text, advice};
  if (available < 10 * kGibibyte && available < capacity / 10) {
    return {Level::kWarning, kMachine, text, advice};
  }
  return {Level::kOk, kMachine, text};
}

Finding CheckModelFiles(const v1::ModelSpec& model, bool serves) {
  const std::string subject = absl::StrCat("model ", model.name());
  for (const std::string& path : {model.path(), model.base_path()}) {
    if (path.empty() || IsThere(path)) continue;
    return {serves ? Level::kProblem : Level::kNote, subject,
            absl::StrCat("is not on this machine: there is no ", path),
            "workers open a model under the path it was added with: put it there, or run it by "
            "workers on machines that have it"};
  }
  return {Level::kOk, subject, absl::StrCat("is at ", model.path())};
}

}  // namespace assay
