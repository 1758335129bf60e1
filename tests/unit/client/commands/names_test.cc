#include "client/commands/names.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(NamesTest, EveryPrecisionHasItsName) {
  for (int value = v1::Precision_MIN; value <= v1::Precision_MAX; ++value) {
    if (value == v1::PRECISION_UNSPECIFIED) continue;
    EXPECT_NE(NameOf(static_cast<v1::Precision>(value)), "unknown") << value;
  }
  EXPECT_EQ(NameOf(v1::PRECISION_INT8), "int8");
  EXPECT_EQ(NameOf(v1::PRECISION_LLM_INT8), "llm-int8");
}

}  // namespace
}  // namespace assay
