#include "common/benchmark/json_records.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/tracked_iterator.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

using Type = JsonNode::Type;

// What a record may take of memory; those of every known set are a hundred times smaller.
constexpr size_t kMostDepth = 16;
constexpr size_t kMostValues = 200'000;

// Counts lines as far as an offset that only grows.
class LineCounter {
 public:
  LineCounter(absl::string_view content, int64_t first_line)
      : content_(content), line_(first_line) {}

  int64_t LineAt(size_t offset) {
    for (; at_ < offset && at_ < content_.size(); ++at_) {
      const bool returns =
          content_[at_] == '\r' && (at_ + 1 == content_.size() || content_[at_ + 1] != '\n');
      if (content_[at_] == '\n' || returns) ++line_;
    }
    return line_;
  }

 private:
  const absl::string_view content_;
  size_t at_ = 0;
  int64_t line_;
};

// Receives the parser's events and puts records together. Returning false ends the parse.
class RecordBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  using Take = absl::FunctionRef<absl::Status(const JsonRecord&)>;

  // `*offset` is how far the parser has read.
  RecordBuilder(absl::string_view path, absl::string_view content, int64_t first_line,
                JsonRecords records, absl::string_view list_key, Take take, const size_t* offset)
      : path_(path),
        records_(records),
        list_key_(list_key),
        take_(take),
        lines_(content, first_line),
        offset_(offset) {}

  absl::Status Finish() {
    if (status_.ok() && records_ == JsonRecords::kExamples && !has_examples_) {
      Refuse(absl::StrCat("no \"", list_key_, "\""));
    }
    return status_;
  }

  bool null() override { return AddValue(Type::kNull, "null"); }
  bool boolean(bool value) override { return AddValue(Type::kBoolean, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override {
    return AddValue(Type::kNumber, absl::StrCat(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return AddValue(Type::kNumber, absl::StrCat(value));
  }
  bool number_float(number_float_t, const string_t& value) override {
    return AddValue(Type::kNumber, value);
  }
  bool binary(binary_t&) override { return Refuse("binary data"); }
  bool string(string_t& value) override {
    if (skipped_depth_ == 0 && value.find('\0') != std::string::npos) {
      return Refuse("a text has a NUL character; remove it");
    }
    return AddValue(Type::kText, std::move(value));
  }

  bool start_object(std::size_t) override { return Start(Type::kObject); }
  bool start_array(std::size_t) override { return Start(Type::kArray); }
  bool end_object() override { return End(); }
  bool end_array() override { return End(); }

  bool key(string_t& name) override {
    if (skipped_depth_ > 0) return true;
    if (name.find('\0') != std::string::npos) return Refuse("a key has a NUL character; remove it");
    if (open_.empty()) {  // of the top-level object
      key_ = std::move(name);
      return keys_.insert(key_).second || Refuse(absl::StrCat("\"", key_, "\" is there twice"));
    }
    Open& open = open_.back();
    if (!open.keys.insert(name).second) {
      return Refuse(absl::StrCat("\"", name, "\" is there twice"));
    }
    open.node.keys.push_back(std::move(name));
    return true;
  }

  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) override {
    // "[json.exception...] parse error at line 1, column 2: syntax error while ...": the line is
    // ours to tell.
    absl::string_view reason = error.what();
    const size_t colon = reason.find(": ");
    if (colon != absl::string_view::npos) reason.remove_prefix(colon + 2);
    return Refuse(absl::StrCat("not JSON: ", reason));
  }

 private:
  struct Open {
    JsonNode node;
    std::set<std::string> keys;
  };

  // How many objects and arrays are around a record.
  int64_t RecordDepth() const {
    return records_ == JsonRecords::kWhole ? 0 : records_ == JsonRecords::kExamples ? 2 : 1;
  }

  // What is around everything, where that is no record.
  Type TopType() const { return records_ == JsonRecords::kElements ? Type::kArray : Type::kObject; }

  bool Skips() const {
    return records_ == JsonRecords::kExamples && depth_ == 1 && key_ != list_key_;
  }

  bool AddValue(Type type, std::string text) {
    if (skipped_depth_ > 0 || Skips()) return true;
    if (depth_ < RecordDepth()) return RefusePlace(type);
    JsonNode node;
    node.type = type;
    // The end of a number is known by the character behind it.
    node.line = lines_.LineAt(*offset_ - (type == Type::kNumber ? 1 : 0));
    node.text = std::move(text);
    return AddNode(std::move(node));
  }

  bool Start(Type type) {
    if (skipped_depth_ > 0 || Skips()) {
      ++skipped_depth_;
      return true;
    }
    if (depth_ < RecordDepth()) {
      if (type != (depth_ == 0 ? TopType() : Type::kArray)) return RefusePlace(type);
      has_examples_ |= depth_ == 1;
      ++depth_;
      return true;
    }
    if (open_.size() == kMostDepth) {
      return Refuse(absl::StrCat("nested in more than ", kMostDepth, " levels"));
    }
    Open& open = open_.emplace_back();
    open.node.type = type;
    open.node.line = Line();
    return true;
  }

  bool End() {
    if (skipped_depth_ > 0) {
      --skipped_depth_;
      return true;
    }
    if (open_.empty()) {
      --depth_;
      return true;
    }
    JsonNode node = std::move(open_.back().node);
    open_.pop_back();
    return AddNode(std::move(node));
  }

  bool AddNode(JsonNode node) {
    if (++values_ > kMostValues) {
      return Refuse(absl::StrCat("a record of more than ", kMostValues, " values"));
    }
    if (!open_.empty()) {
      open_.back().node.items.push_back(std::move(node));
      return true;
    }
    values_ = 0;
    status_ = take_({records_ == JsonRecords::kMembers ? key_ : "", std::move(node)});
    return status_.ok();
  }

  bool RefusePlace(Type type) {
    const bool top = depth_ == 0;
    return Refuse(absl::StrCat(top ? "the file holds " : absl::StrCat("\"", list_key_, "\" is "),
                               JsonTypeName(type), " where it must be ",
                               JsonTypeName(top ? TopType() : Type::kArray)));
  }

  bool Refuse(absl::string_view reason) {
    status_ = absl::InvalidArgumentError(absl::StrCat(path_, ":", Line(), ": ", reason));
    return false;
  }

  int64_t Line() { return lines_.LineAt(*offset_); }

  const absl::string_view path_;
  const JsonRecords records_;
  const absl::string_view list_key_;
  const Take take_;
  LineCounter lines_;
  const size_t* const offset_;
  absl::Status status_;
  int64_t depth_ = 0;           // objects and arrays around the records that are open
  int64_t skipped_depth_ = 0;   // inside a value that is passed over
  std::string key_;             // the latest of the top-level object
  std::set<std::string> keys_;  // all of them
  bool has_examples_ = false;
  std::vector<Open> open_;  // of the record that is being read
  size_t values_ = 0;       // of that record
};

}  // namespace

absl::Status ForEachJsonRecord(absl::string_view path, absl::string_view content,
                               JsonRecords records,
                               absl::FunctionRef<absl::Status(const JsonRecord&)> take,
                               int64_t first_line, absl::string_view key) {
  ASSAY_RETURN_IF_ERROR(CheckText(path, content, first_line));
  const char* const begin = content.data();
  const char* const end = begin + content.size();
  size_t offset = 0;
  RecordBuilder builder(path, content, first_line, records, key, take, &offset);
  (void)nlohmann::json::sax_parse(TrackedIterator(begin, begin, &offset),
                                  TrackedIterator(begin, end, &offset), &builder);
  return builder.Finish();
}

}  // namespace assay
