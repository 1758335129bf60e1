#include "worker/machine/processor_claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ProcessorClaimsTest, AProcessorIsClaimedOnce) {
  const std::string name = absl::StrCat("assay-test-", getpid());
  const std::vector<int> all = {0, 1, 4, 5};
  ProcessorClaims first = ProcessorClaims::Take(name, all, 2);
  EXPECT_THAT(first.processors(), ElementsAre(0, 1));
  ProcessorClaims second = ProcessorClaims::Take(name, all, 3);
  EXPECT_THAT(second.processors(), ElementsAre(4, 5));
  EXPECT_THAT(ProcessorClaims::Take(name, all, 1).processors(), IsEmpty());
  // Claims of another kind are no obstacle.
  EXPECT_THAT(ProcessorClaims::Take(name + "-other", all, 1).processors(), ElementsAre(0));

  // What is moved is held on; what ends is free.
  ProcessorClaims moved = std::move(first);
  EXPECT_THAT(moved.processors(), ElementsAre(0, 1));
  EXPECT_THAT(ProcessorClaims::Take(name, all, 9).processors(), IsEmpty());
  moved = ProcessorClaims();
  EXPECT_THAT(ProcessorClaims::Take(name, all, 9).processors(), ElementsAre(0, 1));
}

}  // namespace
}  // namespace assay
