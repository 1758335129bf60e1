#include "common/logging/log_formatter.h"

#include <spdlog/details/log_msg.h>

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/logging/log_context.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

// Bytes of the well-formed character at the begin of `text` (Unicode 15, table 3-7), or 0.
size_t CharacterBytes(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first < 0xC2   ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                        : first < 0xF5 ? 4
                                       : 0;
  if (length == 0 || text.size() < length) return 0;
  const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

// __FILE__ from the root of the sources on.
absl::string_view SourceFile(absl::string_view file) {
  constexpr absl::string_view kThis = "common/logging/log_formatter.cc";
  absl::string_view root = __FILE__;
  if (absl::ConsumeSuffix(&root, kThis)) absl::ConsumePrefix(&file, root);
  return file;
}

absl::string_view SeverityName(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warning";
    case spdlog::level::err:
      return "error";
    default:
      return "critical";
  }
}

absl::string_view ViewOf(const spdlog::string_view_t& text) { return {text.data(), text.size()}; }

// Calls `number` and `text` with the name and value of each field that is known.
template <typename Number, typename Text>
void ForEachField(const LogFields& fields, const Number& number, const Text& text) {
  if (fields.job_id != 0) number("job_id", fields.job_id);
  if (fields.run_id != 0) number("run_id", fields.run_id);
  if (fields.shard_id != 0) number("shard_id", fields.shard_id);
  if (!fields.worker_id.empty()) text("worker_id", LogText(fields.worker_id, kMostLogFieldBytes));
  if (!fields.model.empty()) text("model", LogText(fields.model, kMostLogFieldBytes));
  if (!fields.trace_id.empty()) text("trace_id", LogText(fields.trace_id, kMostLogFieldBytes));
  if (!fields.span_id.empty()) text("span_id", LogText(fields.span_id, kMostLogFieldBytes));
}

class TextFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string line = absl::StrCat(absl::FormatTime(
        "%Y-%m-%dT%H:%M:%E3SZ ", absl::FromChrono(message.time), absl::UTCTimeZone()));
    // For sinks that show it in a color.
    message.color_range_start = line.size();
    absl::StrAppend(&line, SeverityName(message.level));
    message.color_range_end = line.size();
    absl::StrAppend(&line, " ", LogText(ViewOf(message.payload), kMostLogBytes));
    std::vector<std::string> known;
    const auto add = [&](const char* name, const auto& value) {
      known.push_back(absl::StrCat(name, "=", value));
    };
    ForEachField(LogContext::Current(), add, add);
    if (!known.empty()) absl::StrAppend(&line, " [", absl::StrJoin(known, " "), "]");
    line.push_back('\n');
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<TextFormatter>();
  }
};

class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    Json line;
    line["timestamp"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromChrono(message.time),
                                         absl::UTCTimeZone());
    line["severity"] = SeverityName(message.level);
    line["message"] = LogText(ViewOf(message.payload), kMostLogBytes);
    if (message.logger_name.size() > 0) {
      line["program"] = LogText(ViewOf(message.logger_name), kMostLogFieldBytes);
    }
    if (!message.source.empty()) {
      line["source"] = absl::StrCat(SourceFile(message.source.filename), ":", message.source.line);
    }
    const auto add = [&](const char* name, const auto& value) { line[name] = value; };
    ForEachField(LogContext::Current(), add, add);
    const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace);
    out.append(text.data(), text.data() + text.size());
    out.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

}  // namespace

std::string LogText(absl::string_view text, size_t most) {
  std::string result;
  while (!text.empty()) {
    if (result.size() >= most) return absl::StrCat(result, "...");
    const size_t bytes = CharacterBytes(text);
    const char first = text[0];
    if (bytes > 1 || (bytes == 1 && !absl::ascii_iscntrl(first))) {
      absl::StrAppend(&result, text.substr(0, bytes));
    } else if (first == '\n') {
      absl::StrAppend(&result, "\\n");
    } else if (first == '\r') {
      absl::StrAppend(&result, "\\r");
    } else if (first == '\t') {
      absl::StrAppend(&result, "\\t");
    } else {
      absl::StrAppendFormat(&result, "\\x%02x", static_cast<unsigned char>(first));
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return result;
}

std::unique_ptr<spdlog::formatter> MakeLogFormatter(LogFormat format) {
  if (format == LogFormat::kJson) return std::make_unique<JsonFormatter>();
  return std::make_unique<TextFormatter>();
}

}  // namespace assay
