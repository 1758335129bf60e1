// Where the demo model is, for tests that need a real one.
#ifndef ASSAY_TESTS_SUPPORT_DEMO_MODEL_H_
#define ASSAY_TESTS_SUPPORT_DEMO_MODEL_H_

#include <cstdlib>
#include <filesystem>
#include <string>

namespace assay {

// The path; empty where deploy/setup has not fetched it. ASSAY_DEMO_MODEL names another place.
inline std::string DemoModelPath() {
  const char* given = std::getenv("ASSAY_DEMO_MODEL");
  const char* home = std::getenv("HOME");
  const std::string path = given != nullptr
                               ? given
                               : std::string(home == nullptr ? "" : home) +
                                     "/.cache/assay/models/SmolLM2-135M-Instruct.Q4_1.gguf";
  return std::filesystem::exists(path) ? path : "";
}

}  // namespace assay

#endif  // ASSAY_TESTS_SUPPORT_DEMO_MODEL_H_
