// Where the tests' data is, from the repository's root, and how it is read.
#ifndef ASSAY_TESTS_UNIT_COMMON_BENCHMARK_TEST_DATA_H_
#define ASSAY_TESTS_UNIT_COMMON_BENCHMARK_TEST_DATA_H_

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/benchmark/benchmark.h"

namespace assay {

inline constexpr char kSampleMmlu[] = "deploy/sample_data/mmlu";
inline constexpr char kSampleBbh[] = "deploy/sample_data/bbh";
// Copies of the published sets, which not every checkout has beside it.
inline constexpr char kPublishedMmlu[] = "../shared/data/mmlu";
inline constexpr char kPublishedBbh[] = "../shared/data/bbh";

inline nlohmann::json ReadGoldenJson(const std::string& name) {
  std::ifstream file("tests/golden/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  return nlohmann::json::parse(file);
}

// The records of a file with one JSON value a line.
inline std::vector<nlohmann::json> ReadGoldenLines(const std::string& name) {
  std::ifstream file("tests/golden/" + name);
  std::vector<nlohmann::json> records;
  for (std::string line; std::getline(file, line);) records.push_back(nlohmann::json::parse(line));
  EXPECT_FALSE(records.empty()) << name;
  return records;
}

inline std::vector<Item> ParseFolder(const Benchmark& benchmark, const std::string& directory) {
  const auto files = CollectFiles(benchmark, directory);
  EXPECT_TRUE(files.ok()) << files.status();
  if (!files.ok()) return {};
  auto items = benchmark.Parse(*files);
  EXPECT_TRUE(items.ok()) << items.status();
  return items.ok() ? *std::move(items) : std::vector<Item>();
}

// The items by group, in their order.
inline std::map<std::string, std::vector<Item>> ByGroup(const std::vector<Item>& items) {
  std::map<std::string, std::vector<Item>> groups;
  for (const Item& item : items) groups[item.group].push_back(item);
  return groups;
}

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_COMMON_BENCHMARK_TEST_DATA_H_
