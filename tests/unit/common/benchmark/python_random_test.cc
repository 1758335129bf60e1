#include "common/benchmark/python_random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace assay {
namespace {

using ::testing::ElementsAre;

// Fixed values are those of CPython 3.11.

TEST(PythonRandomTest, RandomIsPythons) {
  PythonRandom random(0);
  EXPECT_EQ(random.Random(), 0.8444218515250481);
  EXPECT_EQ(random.Random(), 0.7579544029403025);
  EXPECT_EQ(PythonRandom(123456789012345).Random(), 0.6744750084019356);
}

TEST(PythonRandomTest, GetRandBitsIsPythons) {
  PythonRandom random(0);
  EXPECT_EQ(random.GetRandBits(32), 3626764237u);
  EXPECT_EQ(random.GetRandBits(3), 3u);
  EXPECT_EQ(random.GetRandBits(0), 0u);
  EXPECT_EQ(random.GetRandBits(64), 16422101724900707500u);
  EXPECT_EQ(random.GetRandBits(33), 1806341205u);
}

TEST(PythonRandomTest, ShuffleIsPythons) {
  std::vector<int> values = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  PythonRandom random(0);
  random.Shuffle(&values);
  EXPECT_THAT(values, ElementsAre(7, 8, 1, 5, 3, 4, 2, 0, 9, 6));
  std::vector<int> one = {1};
  std::vector<int> none;
  random.Shuffle(&one);
  random.Shuffle(&none);
  EXPECT_EQ(random.RandBelow(1000), 366u);  // one value or none draws nothing
}

TEST(PythonRandomTest, SampleIsPythons) {
  EXPECT_THAT(PythonRandom(0).Sample(10, 3), ElementsAre(6, 9, 0));            // by a list
  EXPECT_THAT(PythonRandom(0).Sample(9000, 3), ElementsAre(6311, 6890, 663));  // by a set
  EXPECT_THAT(PythonRandom(0).Sample(5, 0), ElementsAre());
  EXPECT_EQ(PythonRandom(7).Sample(300, 300).size(), 300u);
}

// A line for each of many seeds and sizes, which differ in every way that the code has a branch
// for.
std::string DrawMany() {
  std::string drawn;
  for (uint64_t i = 0; i < 60; ++i) {
    const uint64_t seed = i * i * i * i * i * i * i * 977 + i;  // from one and from two digits
    PythonRandom random(seed);
    const double real = random.Random();
    const uint64_t below = random.RandBelow(i * 1000003 + 1);
    const uint64_t bits = random.GetRandBits(static_cast<int>(i));
    absl::StrAppend(&drawn, absl::StrFormat("%d %.17g %d %d", seed, real, below, bits));
    std::vector<int> values;
    for (int j = 0; j < static_cast<int>(i % 7) * 20; ++j) values.push_back(j);
    random.Shuffle(&values);
    absl::StrAppend(&drawn, " [", absl::StrJoin(values, " "), "]");
    for (const size_t population : {1, 20, 21, 22, 85, 86, 1000}) {
      for (const size_t count : {0, 1, 3, 5, 6, 21, 22, 300}) {
        if (count > population) continue;
        absl::StrAppend(&drawn, " [", absl::StrJoin(random.Sample(population, count), " "), "]");
      }
    }
    absl::StrAppend(&drawn, "\n");
  }
  return drawn;
}

constexpr char kPythonDraws[] = R"(
import random
show = lambda values: '[' + ' '.join(map(str, values)) + ']'
for i in range(60):
    seed = (i ** 7 * 977 + i) % 2 ** 64
    random.seed(seed)
    line = '%d %.17g' % (seed, random.random())
    line += ' %d %d' % (random.randrange(i * 1000003 + 1), random.getrandbits(i))
    values = list(range(i % 7 * 20))
    random.shuffle(values)
    line += ' ' + show(values)
    for population in (1, 20, 21, 22, 85, 86, 1000):
        for count in (0, 1, 3, 5, 6, 21, 22, 300):
            if count <= population:
                line += ' ' + show(random.sample(range(population), count))
    print(line)
)";

TEST(PythonRandomTest, AgreesWithThePythonOfThisMachine) {
  if (std::system("python3 -c 'import random' >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "python3 is not there";
  }
  const std::string command = absl::StrCat("python3 - <<'END'", kPythonDraws, "END\n");
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  ASSERT_NE(pipe, nullptr);
  std::string expected;
  char buffer[4096];
  while (const size_t size = std::fread(buffer, 1, sizeof(buffer), pipe.get())) {
    expected.append(buffer, size);
  }
  const std::vector<std::string> drawn = absl::StrSplit(DrawMany(), '\n');
  const std::vector<std::string> lines = absl::StrSplit(expected, '\n');
  ASSERT_EQ(drawn.size(), lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_TRUE(drawn[i] == lines[i]) << "seed " << lines[i].substr(0, lines[i].find(' '));
  }
}

}  // namespace
}  // namespace assay
