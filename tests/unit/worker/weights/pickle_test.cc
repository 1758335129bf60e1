#include "worker/weights/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Kind = PickleValue::Kind;

// With zeros inside.
template <size_t kSize>
std::string Bytes(const char (&text)[kSize]) {
  return std::string(text, kSize - 1);
}

std::string Refusal(const std::string& bytes) {
  const auto pickle = Pickle::Read("a.bin", bytes);
  return pickle.ok() ? "" : std::string(pickle.status().message());
}

// The bytes, which the values look into, stay.
std::unique_ptr<Pickle> Read(const std::string& bytes) {
  static std::deque<std::string> kept;
  auto pickle = Pickle::Read("a.bin", kept.emplace_back(bytes));
  EXPECT_TRUE(pickle.ok()) << pickle.status();
  return pickle.ok() ? *std::move(pickle) : nullptr;
}

TEST(PickleTest, PlainValues) {
  // (None, True, False, -2, 255, 65535, 1 << 40, -1, 1 << 70, 1.5, "é", b"x", [], {1})
  const std::string bytes = Bytes(
      "\x80\x04(N\x88\x89J\xfe\xff\xff\xffK\xffM\xff\xff\x8a\x06\x00\x00\x00\x00\x00\x01"
      "\x8a\x01\xff\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x40G\x3f\xf8\x00\x00\x00\x00\x00\x00"
      "X\x02\x00\x00\x00\xc3\xa9"
      "C\x01x"
      "]\x8f(K\x01\x90t.tail");
  const auto pickle = Read(bytes);
  ASSERT_NE(pickle, nullptr);
  EXPECT_EQ(pickle->size(), bytes.size() - 4);
  const PickleValue& root = pickle->root();
  ASSERT_EQ(root.kind, Kind::kTuple);
  ASSERT_EQ(root.items.size(), 14u);
  EXPECT_EQ(root.items[0]->kind, Kind::kNone);
  EXPECT_EQ(root.items[1]->integer, 1);
  EXPECT_EQ(root.items[2]->kind, Kind::kBool);
  const int64_t integers[] = {-2, 255, 65535, int64_t{1} << 40, -1};
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(root.items[3 + i]->integer, integers[i]);
  EXPECT_EQ(root.items[8]->kind, Kind::kLong);
  EXPECT_EQ(root.items[9]->number, 1.5);
  EXPECT_EQ(root.items[10]->text, "é");
  EXPECT_EQ(root.items[11]->kind, Kind::kBytes);
  EXPECT_EQ(root.items[12]->kind, Kind::kList);
  EXPECT_EQ(root.items[13]->items[0]->integer, 1);
}

TEST(PickleTest, ContainersAndTheMemo) {
  // d = {}; a list twice in it: {"a": l, "b": l}, l = [7]
  const auto pickle =
      Read(Bytes("\x80\x02}q\x00(X\x01\x00\x00\x00"
                 "a]q\x01K\x07"
                 "aX\x01\x00\x00\x00"
                 "bh\x01u."));
  ASSERT_NE(pickle, nullptr);
  const PickleValue& dict = pickle->root();
  ASSERT_EQ(dict.kind, Kind::kDict);
  ASSERT_EQ(dict.items.size(), 4u);
  EXPECT_EQ(dict.items[0]->text, "a");
  EXPECT_EQ(dict.items[1], dict.items[3]);
  EXPECT_EQ(dict.items[1]->items[0]->integer, 7);
}

TEST(PickleTest, OrderedDictionariesAreDictionaries) {
  // With attributes, as a state dict has them; and of a list of pairs, as Python 2 wrote them.
  const auto pickle =
      Read(Bytes("\x80\x02"
                 "ccollections\nOrderedDict\n)RX\x01\x00\x00\x00"
                 "aK\x01s"
                 "}X\x09\x00\x00\x00_metadata}sb."));
  ASSERT_NE(pickle, nullptr);
  EXPECT_EQ(pickle->root().kind, Kind::kDict);
  EXPECT_EQ(pickle->root().items.size(), 2u);
  const auto pairs =
      Read(Bytes("\x80\x02"
                 "ccollections\nOrderedDict\n](](U\x01"
                 "aK\x01"
                 "ee\x85R."));
  ASSERT_NE(pairs, nullptr);
  EXPECT_EQ(pairs->root().items[1]->integer, 1);
}

TEST(PickleTest, FunctionsAreNotCalled) {
  const auto pickle =
      Read(Bytes("\x80\x02"
                 "ctorch._utils\n_rebuild_tensor_v2\nK\x01K\x02\x86R."));
  ASSERT_NE(pickle, nullptr);
  const PickleValue& call = pickle->root();
  ASSERT_EQ(call.kind, Kind::kCall);
  EXPECT_EQ(call.items[0]->text, "torch._utils._rebuild_tensor_v2");
  EXPECT_EQ(call.items[1]->items.size(), 2u);
}

TEST(PickleTest, CodeIsRefusedByName) {
  const std::string refused[] = {
      Bytes("\x80\x02"
            "cos\nsystem\nX\x02\x00\x00\x00ls\x85R."),
      Bytes("\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R."),
  };
  for (const std::string& bytes : refused) {
    EXPECT_THAT(Refusal(bytes), AllOf(HasSubstr("a.bin"), HasSubstr("os.system"),
                                      HasSubstr("could run code"), HasSubstr("safetensors")));
  }
  for (const char* name : {"builtins\neval", "__builtin__\ngetattr", "torch\nload", "torch.\nSize",
                           "collections\nOrderedDict.fromkeys", "torch.storage\n_load_from_bytes",
                           "numpy.core.multiarray\nscalar", "torch._utils\n_rebuild_qtensor"}) {
    EXPECT_THAT(Refusal(absl::StrCat("\x80\x02"
                                     "c",
                                     name, "\n.")),
                HasSubstr("could run code"))
        << name;
  }
  // Objects by their class, and state for what is no dictionary.
  for (const char* code : {"i", "o", "\x92", "\x82\x01", "P1\n", "I1\n", "S'a'\n", "\x97"}) {
    EXPECT_THAT(Refusal(absl::StrCat("\x80\x02(", code, ".")), HasSubstr("has the operation 0x"))
        << code;
  }
  EXPECT_THAT(Refusal(Bytes("\x80\x02]}b.")), HasSubstr("sets the state of what is no dictionary"));
}

TEST(PickleTest, NamesThatAreNoTextAreEscaped) {
  EXPECT_THAT(Refusal("\x80\x02"
                      "cos\x1b[2J\nsystem\n."),
              HasSubstr("os\\x1b[2J.system"));
}

TEST(PickleTest, CyclesAreRefused) {
  EXPECT_THAT(Refusal(Bytes("\x80\x02]q\x00h\x00"
                            "a.")),
              HasSubstr("contains itself"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02}q\x00K\x01]h\x00"
                            "as.")),
              HasSubstr("contains itself"));
}

TEST(PickleTest, DepthIsNoProblem) {
  std::string bytes = "\x80\x02";
  constexpr int kDepth = 1'000'000;
  for (int i = 0; i < kDepth; ++i) bytes += ']';
  for (int i = 1; i < kDepth; ++i) bytes += 'a';
  bytes += '.';
  EXPECT_NE(Read(bytes), nullptr);
}

TEST(PickleTest, MemoryIsBounded) {
  const auto repeated = [](absl::string_view start, size_t count, char code) {
    return absl::StrCat("\x80\x02", start, std::string(count, code), ".");
  };
  EXPECT_THAT(Refusal(repeated("N", 20'000'000, '2')),
              HasSubstr("more than a model's tensors need"));
  EXPECT_THAT(Refusal(repeated("", 9'000'000, 'N')), HasSubstr("more than"));
  // A dictionary of many pairs, made again and again.
  std::string pairs = Bytes(
      "\x80\x02"
      "ccollections\nOrderedDict\nq\x00](");
  for (int i = 0; i < 1'000'000; ++i) pairs += "NN\x86";
  pairs += "e\x85q\x01";
  for (int i = 0; i < 1'000'000; ++i) pairs += Bytes("h\x00h\x01R0");
  EXPECT_THAT(Refusal(absl::StrCat(pairs, ".")), HasSubstr("more than a model's tensors need"));
}

TEST(PickleTest, DamageIsRefused) {
  EXPECT_THAT(Refusal(""), HasSubstr("truncated"));
  EXPECT_THAT(Refusal(Bytes("\x80\x07.")), HasSubstr("protocol 7"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02.")), HasSubstr("0 values"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02NN.")), HasSubstr("2 values"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02(N.")), HasSubstr("instead of one"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02h\x05.")), HasSubstr("recalls value 5"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02t.")), HasSubstr("no mark"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02N\x86.")), HasSubstr("more values than there are"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02(\x85.")), HasSubstr("more values than there are"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02Ns.")), HasSubstr("more values than there are"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02NNs.")), HasSubstr("no container of this kind"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02NNNs.")), HasSubstr("no container of this kind"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02}(Nu.")), HasSubstr("key without a value"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02N)R.")), HasSubstr("no function"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02X\xff\xff\xff\x7f"
                            "abc.")),
              HasSubstr("truncated"));
  EXPECT_THAT(Refusal(Bytes("\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
                            "abc.")),
              HasSubstr("truncated"));
  EXPECT_THAT(Refusal(Bytes("\x80\x02"
                            "ctorch")),
              HasSubstr("truncated"));
}

}  // namespace
}  // namespace assay
