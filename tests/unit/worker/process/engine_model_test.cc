// What a real model takes of the process's memory.
#include "worker/process/engine_model.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/demo_model.h"
#include "worker/machine/machine.h"
#include "worker/model/loaded_model.h"

namespace assay {
namespace {

constexpr int64_t kKvCacheBytes = int64_t{64} << 20;

// Loads the model, runs a few requests on it and lets it go. The resident bytes while it was there.
int64_t Serve(const ModelSpec& spec, Precision precision) {
  EngineOptions options;
  options.kv_cache_bytes = kKvCacheBytes;
  EngineModelLoader loader(options);
  auto model = loader.Load(spec, precision);
  EXPECT_TRUE(model.ok()) << model.status();
  if (!model.ok()) return 0;
  for (int i = 0; i < 8; ++i) {
    Request request;
    request.id = static_cast<uint64_t>(i);
    for (int j = 0; j < 200; ++j) request.prompt.push_back((i * 131 + j * 17) % 1000);
    request.max_new_tokens = 4;
    EXPECT_TRUE((*model)->Submit(std::move(request)).ok());
  }
  std::vector<Completion> finished;
  while ((*model)->HasWork()) {
    const absl::Status status = (*model)->Step(&finished);
    EXPECT_TRUE(status.ok()) << status;
    if (!status.ok()) return 0;
  }
  EXPECT_EQ(finished.size(), 8u);
  return ResidentBytes();
}

TEST(EngineModelMemoryTest, ModelsOneAfterAnotherDoNotGrowTheProcess) {
  const std::string path = DemoModelPath();
  if (path.empty()) GTEST_SKIP() << "deploy/setup has not fetched the demo model";
  const auto spec = InspectModel("demo", path);
  ASSERT_TRUE(spec.ok()) << spec.status();
  Serve(*spec, Precision::kBFloat16);
  const int64_t after_one = ResidentBytes();
  for (const Precision precision :
       {Precision::kFloat32, Precision::kInt8, Precision::kBFloat16, Precision::kBFloat16}) {
    Serve(*spec, precision);
  }
  const int64_t after_five = ResidentBytes();
  // A tenth of the model's weights is what libraries may keep for themselves.
  EXPECT_LT(after_five, after_one + (int64_t{27} << 20));
}

}  // namespace
}  // namespace assay
