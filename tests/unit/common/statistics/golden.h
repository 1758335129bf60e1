// The values of tests/golden/statistics.json, which other programs computed.
#ifndef ASSAY_TESTS_UNIT_COMMON_STATISTICS_GOLDEN_H_
#define ASSAY_TESTS_UNIT_COMMON_STATISTICS_GOLDEN_H_

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "common/statistics/estimate.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace assay {

using Json = nlohmann::json;

// The cases of a section, of which there are some.
inline const Json& Golden(const std::string& section) {
  static const Json* const file = [] {
    std::ifstream stream("tests/golden/statistics.json");
    return new Json(Json::parse(stream));
  }();
  const Json& cases = file->at(section);
  EXPECT_FALSE(cases.empty());
  return cases;
}

// null is "not defined".
inline double ToDouble(const Json& value) {
  return value.is_null() ? kUndefined : value.get<double>();
}

// Numbers that are 0 but for rounding are compared absolutely.
inline testing::AssertionResult Close(double actual, const Json& expected,
                                      double tolerance = 1e-10) {
  const double wanted = ToDouble(expected);
  if (std::isnan(wanted) && std::isnan(actual)) return testing::AssertionSuccess();
  if (actual == wanted) return testing::AssertionSuccess();
  if (std::abs(actual - wanted) <= std::max(tolerance * std::abs(wanted), 1e-15)) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << std::scientific << actual << " is not " << wanted
                                     << ", it is " << actual - wanted << " off";
}

// For p-values, which may be far below the absolute tolerance above; the least numbers of a double
// have no such precision.
inline testing::AssertionResult CloseRelative(double actual, const Json& expected) {
  const double wanted = ToDouble(expected);
  if (std::abs(actual - wanted) <= std::max(1e-10 * std::abs(wanted), 1e-305))
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << std::scientific << actual << " is not " << wanted;
}

inline void ExpectInterval(const Interval& actual, const Json& expected) {
  EXPECT_TRUE(Close(actual.low, expected[0]));
  EXPECT_TRUE(Close(actual.high, expected[1]));
}

// The members "value", "standard_error" and "interval" of `expected`.
inline void ExpectEstimate(const Estimate& actual, const Json& expected) {
  EXPECT_TRUE(Close(actual.value, expected["value"]));
  EXPECT_TRUE(Close(actual.standard_error, expected["standard_error"]));
  ExpectInterval(actual.interval, expected["interval"]);
}

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_COMMON_STATISTICS_GOLDEN_H_
