#include "common/benchmark/python_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

std::string Utf8(uint32_t c) {
  if (c < 0x80) return std::string(1, static_cast<char>(c));
  const auto tail = [c](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  const auto head = [c](int mark, int shift) { return static_cast<char>(mark | (c >> shift)); };
  if (c < 0x800) return {head(0xC0, 6), tail(0)};
  if (c < 0x10000) return {head(0xE0, 12), tail(6), tail(0)};
  return {head(0xF0, 18), tail(12), tail(6), tail(0)};
}

// [c for c in range(0x110000) if not chr(c).strip()], Python 3.11.
TEST(PythonTextTest, StripsExactlyPythonsSpaces) {
  const std::set<uint32_t> spaces = {0x09,   0x0A,   0x0B,   0x0C,   0x0D,   0x1C,   0x1D,   0x1E,
                                     0x1F,   0x20,   0x85,   0xA0,   0x1680, 0x2000, 0x2001, 0x2002,
                                     0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200A,
                                     0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
  for (uint32_t c = 0; c < 0x110000; ++c) {
    const std::string around = Utf8(c);
    const std::string text = absl::StrCat(around, "B ", around, "C", around);
    const std::string expected = spaces.contains(c) ? absl::StrCat("B ", around, "C") : text;
    ASSERT_EQ(PythonStrip(text), expected) << c;
  }
}

TEST(PythonTextTest, StripsRunsOfMixedSpaces) {
  EXPECT_EQ(PythonStrip("\u3000 \n\u00a0A\u2028\t\u0085"), "A");
  EXPECT_EQ(PythonStrip(" \u2003\n"), "");
  EXPECT_EQ(PythonStrip(""), "");
  // The last byte of U+00A0 alone is not a space.
  EXPECT_EQ(PythonStrip("A\xA0"), "A\xA0");
}

TEST(PythonTextTest, FloatRepr) {
  EXPECT_EQ(PythonFloatRepr(0.0), "0.0");
  EXPECT_EQ(PythonFloatRepr(-0.0), "-0.0");
  EXPECT_EQ(PythonFloatRepr(1), "1.0");
  EXPECT_EQ(PythonFloatRepr(-2.5), "-2.5");
  EXPECT_EQ(PythonFloatRepr(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(PythonFloatRepr(0.0001), "0.0001");
  EXPECT_EQ(PythonFloatRepr(0.00001), "1e-05");
  EXPECT_EQ(PythonFloatRepr(1234567.0), "1234567.0");
  EXPECT_EQ(PythonFloatRepr(9999999999999998.0), "9999999999999998.0");
  EXPECT_EQ(PythonFloatRepr(1e16), "1e+16");
  EXPECT_EQ(PythonFloatRepr(1.5e300), "1.5e+300");
  EXPECT_EQ(PythonFloatRepr(5e-324), "5e-324");
  EXPECT_EQ(PythonFloatRepr(std::nan("")), "nan");
  EXPECT_EQ(PythonFloatRepr(-std::numeric_limits<double>::infinity()), "-inf");
}

}  // namespace
}  // namespace assay
