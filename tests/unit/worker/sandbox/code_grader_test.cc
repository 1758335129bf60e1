#include "worker/sandbox/code_grader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/benchmark/benchmark.h"
#include "common/catalog/built_in.h"
#include "common/scoring/human_eval_program.h"

namespace assay {
namespace {

using ::testing::AllOf;
using ::testing::Field;
using ::testing::HasSubstr;
using Kind = CodeVerdict::Kind;

constexpr char kTests[] =
    "\ndef check(candidate):\n    assert candidate(2) == 4\n    assert candidate(3) == 9\n"
    "check(square)\n";

class CodeGraderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto sandbox = Sandbox::Create({.max_concurrent = 2});
    if (!sandbox.ok()) GTEST_SKIP() << sandbox.status().message();
    sandbox_ = *std::move(sandbox);
  }

  CodeVerdict Grade(const std::string& python) {
    const auto verdict = GradeCode(*sandbox_, python);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    return verdict.value_or(CodeVerdict());
  }
  // With the tests of a function "square" behind it.
  CodeVerdict GradeSquare(const std::string& python) { return Grade(absl::StrCat(python, kTests)); }

  std::unique_ptr<Sandbox> sandbox_;
};

auto Fails(const std::string& why) {
  return AllOf(Field(&CodeVerdict::kind, Kind::kFailed),
               Field(&CodeVerdict::reason, HasSubstr(why)));
}

TEST_F(CodeGraderTest, PassesWhatIsRight) {
  EXPECT_EQ(GradeSquare("def square(x): return x * x").kind, Kind::kPassed);
  EXPECT_EQ(
      GradeSquare("def square(x):\n    print('\\0 \xC3\xA9 \"\"\" $0')\n    return x**2").kind,
      Kind::kPassed);
  // What stays behind a passed test does not undo it.
  EXPECT_EQ(GradeSquare("import threading, time\n"
                        "threading.Thread(target=time.sleep, args=(60,)).start()\n"
                        "def square(x): return x * x")
                .kind,
            Kind::kPassed);
}

TEST_F(CodeGraderTest, SaysWhyAProgramFails) {
  EXPECT_THAT(GradeSquare("def square(x): return x + x"), Fails("AssertionError"));
  EXPECT_THAT(GradeSquare("def square(x): return y"), Fails("NameError: name 'y' is not defined"));
  EXPECT_THAT(GradeSquare("def square(x) return"), Fails("SyntaxError"));
  EXPECT_THAT(GradeSquare("def square(x): raise ValueError('\xC3\xA9\\n\\x01')"), Fails("?"));
  EXPECT_THAT(GradeSquare("def square(x): return input()"), Fails("EOFError"));
  EXPECT_THAT(GradeSquare("import ctypes\ndef square(x): ctypes.string_at(0)"),
              Fails("killed by signal 11"));
  EXPECT_THAT(GradeSquare("def square(x): return len(bytes(8 << 30))"), Fails("MemoryError"));
}

TEST_F(CodeGraderTest, TellsWhatTakesTooLong) {
  const CodeVerdict verdict = GradeSquare("def square(x):\n    while True: pass");
  EXPECT_EQ(verdict.kind, Kind::kTimedOut);
  EXPECT_EQ(verdict.reason, "took more than 3000 ms");
}

TEST_F(CodeGraderTest, AnEarlyEndIsNoPass) {
  const std::string wrong = "def square(x): return 0\n";
  for (const char* early : {"import os; os._exit(0)", "import sys; sys.exit(0)", "raise SystemExit",
                            "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
                            "import os\nif os.fork() == 0: raise SystemExit\nos._exit(0)",
                            "import atexit, os; atexit.register(os._exit, 0)",
                            "import sys; sys.excepthook = lambda *_: print('passed')",
                            "import os; os.dup2(1, 3)", "import os; os.close(3)"}) {
    EXPECT_EQ(GradeSquare(absl::StrCat(wrong, early)).kind, Kind::kFailed) << early;
  }
  // The right answers of a process that was forked off are not the program's.
  EXPECT_EQ(GradeSquare("import os, time\n"
                        "def square(x): return x * x\n"
                        "if os.fork():\n    time.sleep(0.5)\n    os._exit(0)\n")
                .kind,
            Kind::kFailed);
}

TEST_F(CodeGraderTest, RunsAProgramAsHumanEvalDoes) {
  EXPECT_EQ(
      Grade("assert __name__ == 'builtins'\nif __name__ == '__main__': raise ValueError").kind,
      Kind::kPassed);
  EXPECT_EQ(Grade("import random, math, re, typing, collections, itertools, hashlib, json").kind,
            Kind::kPassed);
  EXPECT_EQ(Grade("import sys\nassert sys.argv == ['program.py']").kind, Kind::kPassed);
  EXPECT_EQ(Grade("try:\n    open(__file__)\nexcept NameError:\n    pass").kind, Kind::kPassed);
}

TEST_F(CodeGraderTest, OrdersSetsTheSameEveryTime) {
  const Program program = MakeGradedProgram("print(list({str(n) for n in range(50)}))");
  const auto first = sandbox_->Run(program);
  const auto second = sandbox_->Run(program);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_THAT(first->standard_output, HasSubstr("'49'"));
  EXPECT_EQ(first->standard_output, second->standard_output);
}

// The file as published, outside of the project.
TEST_F(CodeGraderTest, PublishedSolutionsPassAndOthersFail) {
  const std::string folder = "../shared/data/human_eval";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  const Benchmark& benchmark = **FindBenchmark("human_eval");
  const auto files = CollectFiles(benchmark, folder);
  ASSERT_TRUE(files.ok()) << files.status();
  const auto items = benchmark.Parse(*files);
  ASSERT_TRUE(items.ok()) << items.status();
  ASSERT_EQ(items->size(), 164u);
  std::atomic<size_t> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      for (size_t at; (at = next++) < items->size();) {
        const Item& item = (*items)[at];
        const CodeVerdict right = Grade(MakeHumanEvalProgram(item, item.target));
        EXPECT_EQ(right.kind, Kind::kPassed) << item.id << ": " << right.reason;
        EXPECT_EQ(Grade(MakeHumanEvalProgram(item, "    return None\n")).kind, Kind::kFailed)
            << item.id;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace assay
