// LoRA adapters, which are models with a base.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;

class AdapterModelTest : public CoordinatorTest {
 protected:
  static ModelSpec Adapter() {
    ModelSpec model = SampleModel("adapter");
    model.format = "peft";
    model.base_path = "/models/base";
    return model;
  }
  ModelStore& models() { return coordinator_.models; }
};

TEST_F(AdapterModelTest, TheBaseIsKept) {
  ASSERT_TRUE(models().Add(Adapter()).ok());
  EXPECT_EQ(models().Find("adapter")->base_path, "/models/base");
  EXPECT_EQ(models().Find("tiny")->base_path, "");
  EXPECT_TRUE(*models().Add(Adapter()));  // the same again
}

TEST_F(AdapterModelTest, TheNameIsThatOfOneBase) {
  ASSERT_TRUE(models().Add(Adapter()).ok());
  ModelSpec moved = Adapter();
  moved.base_path = "/models/elsewhere";
  const absl::Status refused = models().Add(moved).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("its base in another place"));
  // Removed, it may come back from anywhere.
  ASSERT_TRUE(models().Remove("adapter").ok());
  ASSERT_TRUE(models().Add(moved).ok());
  EXPECT_EQ(models().Find("adapter")->base_path, "/models/elsewhere");
}

}  // namespace
}  // namespace assay
