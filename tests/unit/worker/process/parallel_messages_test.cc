#include "worker/process/parallel_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace assay {
namespace {

using testing::ElementsAre;

ForwardMessage Forward() {
  ForwardMessage message;
  message.batch.token_ids = {5, 6, 7};
  message.batch.positions = {3, 4, 0};
  message.batch.slices = {{.first_row = 0, .rows = 2, .first_position = 3, .blocks = {9, 8}},
                          {.first_row = 2, .rows = 1, .first_position = 0, .blocks = {4}}};
  message.batch.copies = {{.from = 9, .to = 4, .tokens = 11}};
  message.batch.fresh_blocks = {4};
  message.batch.output_rows = {1, 2};
  message.batch.options.outputs_only = false;
  message.blocks = 77;
  return message;
}

TEST(ParallelMessagesTest, WhatIsWrittenIsRead) {
  LoadMessage load;
  load.spec.name = "smol";
  load.spec.path = "/models/smol";
  load.spec.weights_sha256 = "abc";
  load.spec.tokenizer_sha256 = "def";
  load.precision = Precision::kBFloat16;
  load.engine = "1/amx";
  const auto loaded = Decode(Encode(load));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const LoadMessage& read = std::get<LoadMessage>(*loaded);
  EXPECT_EQ(read.spec.path, load.spec.path);
  EXPECT_EQ(read.spec.tokenizer_sha256, load.spec.tokenizer_sha256);
  EXPECT_EQ(read.precision, load.precision);
  EXPECT_EQ(read.engine, load.engine);

  const auto forwarded = Decode(Encode(Forward()));
  ASSERT_TRUE(forwarded.ok()) << forwarded.status();
  const ForwardMessage& forward = std::get<ForwardMessage>(*forwarded);
  EXPECT_THAT(forward.batch.token_ids, ElementsAre(5, 6, 7));
  ASSERT_EQ(forward.batch.slices.size(), 2u);
  EXPECT_EQ(forward.batch.slices[0].first_position, 3);
  EXPECT_THAT(forward.batch.slices[0].blocks, ElementsAre(9, 8));
  EXPECT_EQ(forward.batch.copies.at(0).tokens, 11);
  EXPECT_THAT(forward.batch.output_rows, ElementsAre(1, 2));
  EXPECT_FALSE(forward.batch.options.outputs_only);
  EXPECT_EQ(forward.blocks, 77);

  EXPECT_EQ(std::get<LogitsMessage>(*Decode(Encode(LogitsMessage{32, 7}))).rows, 7);
  EXPECT_TRUE(std::holds_alternative<UnloadMessage>(*Decode(Encode(UnloadMessage{}))));
  EXPECT_TRUE(std::holds_alternative<StopMessage>(*Decode(Encode(StopMessage{}))));
}

TEST(ParallelMessagesTest, WhatIsCutOrLongerIsRefused) {
  const std::string bytes = Encode(Forward());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(absl::IsInvalidArgument(Decode(bytes.substr(0, size)).status())) << size;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(Decode(bytes + "x").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Decode("\x7f").status()));
  // A count that there are no bytes for is not believed.
  std::string huge = Encode(Forward());
  huge.replace(1, 8, 8, '\xff');
  EXPECT_TRUE(absl::IsInvalidArgument(Decode(huge).status()));
}

}  // namespace
}  // namespace assay
