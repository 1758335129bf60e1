#include "common/benchmark/bbh_file.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/tracked_iterator.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

// Receives the parser's events and keeps the examples. Depth 1 is inside the file's object, 2
// inside its array of examples, 3 inside an example; a value that nobody asked for is passed over,
// however deep. Returning false ends the parse.
class ExampleHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  // `*offset` is how far the parser has read.
  ExampleHandler(const SourceFile& file, const size_t* offset) : file_(file), offset_(offset) {}

  absl::StatusOr<std::vector<BbhExample>> Take() && {
    ASSAY_RETURN_IF_ERROR(status_);
    if (!has_examples_) {
      return absl::InvalidArgumentError(absl::StrCat(
          file_.path,
          ": no \"examples\"; expected {\"examples\": [{\"input\": ..., \"target\": ...}]}"));
    }
    if (examples_.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(file_.path, ": \"examples\" is empty"));
    }
    return std::move(examples_);
  }

  bool null() override { return OtherValue("null"); }
  bool boolean(bool) override { return OtherValue("a boolean"); }
  bool number_integer(number_integer_t) override { return OtherValue("a number"); }
  bool number_unsigned(number_unsigned_t) override { return OtherValue("a number"); }
  bool number_float(number_float_t, const string_t&) override { return OtherValue("a number"); }
  bool binary(binary_t&) override { return OtherValue("binary data"); }

  bool string(string_t& value) override {
    std::optional<std::string>* const wanted = WantedText();
    if (wanted == nullptr) return OtherValue("a text");
    if (value.find('\0') != std::string::npos) {
      return Refuse(absl::StrCat(Place(), ".", key_, " has a NUL character; remove it"));
    }
    *wanted = std::move(value);
    return true;
  }

  bool key(string_t& name) override {
    if (skipped_depth_ > 0) return true;
    key_ = std::move(name);
    if (depth_ == 1 && key_ == "examples" && has_examples_)
      return Refuse("\"examples\" is there twice");
    const std::optional<std::string>* const wanted = WantedText();
    if (wanted != nullptr && wanted->has_value()) {
      return Refuse(absl::StrCat(Place(), ".", key_, " is there twice"));
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (skipped_depth_ == 0 && (depth_ == 0 || depth_ == 2)) {
      ++depth_;
      return true;
    }
    return StartOther("an object");
  }

  bool end_object() override {
    if (EndOther()) return true;
    if (depth_-- != 3) return true;
    if (!input_.has_value()) return Refuse(absl::StrCat(Place(), " has no \"input\""));
    if (!target_.has_value()) return Refuse(absl::StrCat(Place(), " has no \"target\""));
    examples_.push_back({*std::move(input_), *std::move(target_)});
    input_.reset();
    target_.reset();
    return true;
  }

  bool start_array(std::size_t) override {
    if (skipped_depth_ == 0 && depth_ == 1 && key_ == "examples") {
      has_examples_ = true;
      ++depth_;
      return true;
    }
    return StartOther("an array");
  }

  bool end_array() override {
    if (!EndOther()) --depth_;
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
  // Where the text of the current key goes; nullptr when it is not one of ours.
  std::optional<std::string>* WantedText() {
    if (skipped_depth_ > 0 || depth_ != 3) return nullptr;
    if (key_ == "input") return &input_;
    if (key_ == "target") return &target_;
    return nullptr;
  }

  // Accepts a value of the type `what` unless another type is wanted here.
  bool OtherValue(absl::string_view what) {
    if (skipped_depth_ > 0) return true;
    if (WantedText() != nullptr) {
      return Refuse(absl::StrCat(Place(), ".", key_, " is ", what, " where it must be a text"));
    }
    if (depth_ == 0)
      return Refuse(absl::StrCat("the file holds ", what, " where it must be an object"));
    if (depth_ == 1 && key_ == "examples") {
      return Refuse(absl::StrCat("\"examples\" is ", what, " where it must be an array"));
    }
    if (depth_ == 2)
      return Refuse(absl::StrCat(Place(), " is ", what, " where it must be an object"));
    return true;
  }

  bool StartOther(absl::string_view what) {
    if (!OtherValue(what)) return false;
    ++skipped_depth_;
    return true;
  }

  // Whether the object or array that ends was passed over.
  bool EndOther() {
    if (skipped_depth_ == 0) return false;
    --skipped_depth_;
    return true;
  }

  std::string Place() const { return absl::StrCat("examples[", examples_.size(), "]"); }

  bool Refuse(absl::string_view reason) {
    status_ = absl::InvalidArgumentError(
        absl::StrCat(file_.path, ":", LineOfOffset(file_.content, *offset_), ": ", reason));
    return false;
  }

  const SourceFile& file_;
  const size_t* const offset_;
  absl::Status status_;
  int64_t depth_ = 0;
  int64_t skipped_depth_ = 0;  // inside a value that is passed over
  std::string key_;
  bool has_examples_ = false;
  std::optional<std::string> input_;
  std::optional<std::string> target_;
  std::vector<BbhExample> examples_;
};

}  // namespace

absl::StatusOr<std::vector<BbhExample>> ParseBbhFile(const SourceFile& file) {
  ASSAY_RETURN_IF_ERROR(CheckText(file.path, file.content));
  const char* const begin = file.content.data();
  const char* const end = begin + file.content.size();
  size_t offset = 0;
  ExampleHandler handler(file, &offset);
  (void)nlohmann::json::sax_parse(TrackedIterator(begin, begin, &offset),
                                  TrackedIterator(begin, end, &offset), &handler);
  return std::move(handler).Take();
}

}  // namespace assay
