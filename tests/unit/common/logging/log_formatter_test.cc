#include "common/logging/log_formatter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/logging/log_context.h"

namespace assay {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::SizeIs;

class LogFormatterTest : public testing::Test {
 protected:
  explicit LogFormatterTest(LogFormat format = LogFormat::kJson)
      : logger_("program", std::make_shared<spdlog::sinks::ostream_sink_st>(out_)) {
    logger_.set_formatter(MakeLogFormatter(format));
  }

  json Line() {
    const std::string text = out_.str();
    out_.str("");
    EXPECT_THAT(text, EndsWith("}\n"));
    EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
    return json::parse(text);
  }

  std::ostringstream out_;
  spdlog::logger logger_;
};

TEST_F(LogFormatterTest, ALineIsAnObjectWithItsSource) {
  const int line_number = __LINE__ + 1;
  SPDLOG_LOGGER_WARN(&logger_, "a {} of \"{}\"", "lease", 7);
  const json line = Line();
  EXPECT_EQ(line["message"], "a lease of \"7\"");
  EXPECT_EQ(line["severity"], "warning");
  EXPECT_EQ(line["program"], "program");
  EXPECT_EQ(line["source"],
            absl::StrCat("tests/unit/common/logging/log_formatter_test.cc:", line_number));
  EXPECT_THAT(line["timestamp"].get<std::string>(),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z"));
  EXPECT_THAT(line, SizeIs(5));
}

TEST_F(LogFormatterTest, ContextsAreLaidOverOneAnother) {
  const LogContext outer({.job_id = 3, .worker_id = "w", .trace_id = "t"});
  {
    const LogContext inner({.run_id = 5, .shard_id = 9, .worker_id = "v", .model = "m"});
    logger_.info("both");
    const json line = Line();
    EXPECT_EQ(line["job_id"], 3);
    EXPECT_EQ(line["run_id"], 5);
    EXPECT_EQ(line["shard_id"], 9);
    EXPECT_EQ(line["worker_id"], "v");
    EXPECT_EQ(line["model"], "m");
    EXPECT_EQ(line["trace_id"], "t");
    EXPECT_FALSE(line.contains("span_id"));
    EXPECT_FALSE(line.contains("source"));  // not known of a plain call
  }
  logger_.info("the outer one");
  const json line = Line();
  EXPECT_EQ(line["worker_id"], "w");
  EXPECT_FALSE(line.contains("shard_id"));
  // Another thread's lines are about something else.
  std::thread([&] { logger_.info("elsewhere"); }).join();
  EXPECT_FALSE(Line().contains("job_id"));
}

TEST_F(LogFormatterTest, WhatTheProcessKnowsIsInEveryLine) {
  LogContext::SetProcess({.worker_id = "process"});
  logger_.info("plain");
  EXPECT_EQ(Line()["worker_id"], "process");
  {
    const LogContext context({.worker_id = "thread"});
    logger_.info("hidden");
    EXPECT_EQ(Line()["worker_id"], "thread");
  }
  LogContext::SetProcess({});
}

TEST_F(LogFormatterTest, LinesAreBoundedAndAlwaysText) {
  const LogContext context({.model = std::string(1000, 'm')});
  logger_.info(std::string(1 << 20, 'x'));
  const std::string text = out_.str();
  EXPECT_LT(text.size(), 5000U);
  const json line = Line();
  EXPECT_THAT(line["message"].get<std::string>(), EndsWith("xxx..."));
  EXPECT_THAT(line["model"].get<std::string>(), SizeIs(kMostLogFieldBytes + 3));
  logger_.info("\xff\xfe one\ntwo \x1b[31m \xc3\xa9 \xe0\x80\x80 {}");
  EXPECT_EQ(Line()["message"], "\\xff\\xfe one\\ntwo \\x1b[31m \xc3\xa9 \\xe0\\x80\\x80 {}");
}

TEST(LogTextTest, KeepsWellFormedCharactersOnly) {
  EXPECT_EQ(LogText("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", 100),
            "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
  EXPECT_EQ(LogText("\xed\xa0\x80", 100), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(LogText("\xf5\x80\x80\x80", 100), "\\xf5\\x80\\x80\\x80");
  EXPECT_EQ(LogText("\xc3", 100), "\\xc3");  // cut off
  EXPECT_EQ(LogText(absl::string_view("a\0b\tc\x7f", 6), 100), "a\\x00b\\tc\\x7f");
  EXPECT_EQ(LogText("abcdef", 3), "abc...");
  EXPECT_EQ(LogText("abc", 3), "abc");
}

class TextLogFormatterTest : public LogFormatterTest {
 protected:
  TextLogFormatterTest() : LogFormatterTest(LogFormat::kText) {}
};

TEST_F(TextLogFormatterTest, FieldsFollowTheMessage) {
  logger_.info("plain");
  {
    const LogContext context({.shard_id = 7, .model = "small"});
    logger_.error("two\nlines");
  }
  EXPECT_THAT(
      out_.str(),
      MatchesRegex("[-0-9]{10}T[:.0-9]{12}Z info plain\n"
                   "[-0-9]{10}T[:.0-9]{12}Z error two\\\\nlines \\[shard_id=7 model=small\\]\n"));
}

}  // namespace
}  // namespace assay
