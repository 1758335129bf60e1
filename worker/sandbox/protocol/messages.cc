#include "worker/sandbox/protocol/messages.h"

#include <cstring>
#include <type_traits>

namespace assay {
namespace {

class Writer {
 public:
  template <typename T>
  void operator()(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void operator()(const std::string& text) {
    (*this)(static_cast<uint64_t>(text.size()));
    bytes_ += text;
  }
  void operator()(const std::vector<std::string>& texts) {
    (*this)(static_cast<uint64_t>(texts.size()));
    for (const std::string& text : texts) (*this)(text);
  }

  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  void operator()(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (!Has(sizeof(value))) return;
    std::memcpy(&value, bytes_.data(), sizeof(value));
    bytes_.remove_prefix(sizeof(value));
  }
  void operator()(std::string& text) {
    uint64_t size = 0;
    (*this)(size);
    if (!Has(size)) return;
    text.assign(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
  }
  void operator()(std::vector<std::string>& texts) {
    uint64_t count = 0;
    (*this)(count);
    texts.clear();
    for (uint64_t i = 0; ok_ && i < count; ++i) (*this)(texts.emplace_back());
  }

  bool WholeAndNothingElse() const { return ok_ && bytes_.empty(); }

 private:
  bool Has(uint64_t size) {
    ok_ = ok_ && size <= bytes_.size();
    return ok_;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

// Names the fields once for both directions.
template <typename Coder, typename Request>
void CodeRequest(Coder& code, Request& request) {
  code(request.namespaces);
  code(request.bubblewrap);
  code(request.interpreter);
  code(request.source);
  code(request.prove_completion);
  code(request.environment);
  code(request.read_only_paths);
  code(request.temporary_folder);
  code(request.limits);
}

template <typename Coder, typename Report>
void CodeReport(Coder& code, Report& report) {
  code(report.error);
  auto& outcome = report.outcome;
  code(outcome.kind);
  code(outcome.exit_code);
  code(outcome.signal);
  code(outcome.completed);
  code(outcome.wall_time);
  code(outcome.cpu_time);
  code(outcome.peak_memory_bytes);
  code(outcome.standard_output);
  code(outcome.standard_error);
}

}  // namespace

std::string Encode(const LaunchRequest& request) {
  Writer writer;
  CodeRequest(writer, request);
  return writer.Take();
}

std::string Encode(const LaunchReport& report) {
  Writer writer;
  CodeReport(writer, report);
  return writer.Take();
}

bool Decode(std::string_view bytes, LaunchRequest& request) {
  Reader reader(bytes);
  CodeRequest(reader, request);
  return reader.WholeAndNothingElse();
}

bool Decode(std::string_view bytes, LaunchReport& report) {
  Reader reader(bytes);
  CodeReport(reader, report);
  return reader.WholeAndNothingElse();
}

}  // namespace assay
