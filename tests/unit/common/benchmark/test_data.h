// Where the tests' data is, from the repository's root, and how it is read.
#ifndef ASSAY_TESTS_UNIT_COMMON_BENCHMARK_TEST_DATA_H_
#define ASSAY_TESTS_UNIT_COMMON_BENCHMARK_TEST_DATA_H_

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/benchmark/benchmark.h"

namespace assay {

inline constexpr char kSampleMmlu[] = "deploy/sample_data/mmlu";
inline constexpr char kSampleBbh[] = "deploy/sample_data/bbh";
inline constexpr char kSampleCrass[] = "deploy/sample_data/crass";
inline constexpr char kSampleDrop[] = "deploy/sample_data/drop";
inline constexpr char kSampleHhh[] = "deploy/sample_data/hhh";
inline constexpr char kSampleHumanEval[] = "deploy/sample_data/human_eval";
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

// `text` compressed by gzip.
inline std::string Gzip(const std::string& text) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string compressed(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  return compressed;
}

// What Parse says to one bad file.
inline std::string ParseError(const Benchmark& benchmark, const std::string& path,
                              const std::string& content) {
  const auto items = benchmark.Parse(std::vector<SourceFile>{{path, content}});
  EXPECT_FALSE(items.ok()) << content;
  EXPECT_EQ(items.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(items.status().message());
}

// The items by group, in their order.
inline std::map<std::string, std::vector<Item>> ByGroup(const std::vector<Item>& items) {
  std::map<std::string, std::vector<Item>> groups;
  for (const Item& item : items) groups[item.group].push_back(item);
  return groups;
}

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_COMMON_BENCHMARK_TEST_DATA_H_
