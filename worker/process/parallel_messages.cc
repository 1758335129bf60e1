#include "worker/process/parallel_messages.h"

#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

// One list of fields for both directions: `archive` writes or reads each of them.
template <typename Archive>
void Fields(Archive& archive, LoadMessage& message) {
  archive.Text(message.spec.name);
  archive.Text(message.spec.path);
  archive.Text(message.spec.base_path);
  archive.Text(message.spec.weights_sha256);
  archive.Text(message.spec.tokenizer_sha256);
  archive.Number(message.precision);
  archive.Text(message.engine);
}

template <typename Archive>
void Fields(Archive& archive, ForwardMessage& message) {
  Batch& batch = message.batch;
  archive.Numbers(batch.token_ids);
  archive.Numbers(batch.positions);
  archive.List(batch.slices, [&archive](BatchSlice& slice) {
    archive.Number(slice.first_row);
    archive.Number(slice.rows);
    archive.Number(slice.first_position);
    archive.Numbers(slice.blocks);
    archive.Number(slice.prefix);
  });
  archive.List(batch.copies, [&archive](BlockCopy& copy) {
    archive.Number(copy.from);
    archive.Number(copy.to);
    archive.Number(copy.tokens);
  });
  archive.Numbers(batch.fresh_blocks);
  archive.Numbers(batch.output_rows);
  archive.Number(batch.options.share_attention);
  archive.Number(batch.options.rows_through_layers);
  archive.Number(batch.options.outputs_only);
  archive.Number(message.blocks);
}

template <typename Archive>
void Fields(Archive& archive, LogitsMessage& message) {
  archive.Number(message.first);
  archive.Number(message.rows);
}

template <typename Archive>
void Fields(Archive&, UnloadMessage&) {}
template <typename Archive>
void Fields(Archive&, StopMessage&) {}

class Writer {
 public:
  template <typename T>
  void Number(const T& value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void Text(const std::string& text) {
    Number(static_cast<uint64_t>(text.size()));
    bytes_ += text;
  }
  template <typename T>
  void Numbers(const std::vector<T>& values) {
    Number(static_cast<uint64_t>(values.size()));
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }
  template <typename T, typename Body>
  void List(std::vector<T>& values, Body body) {
    Number(static_cast<uint64_t>(values.size()));
    for (T& value : values) body(value);
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(absl::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  void Number(T& value) {
    Copy(&value, sizeof(value));
  }
  void Text(std::string& text) {
    text.resize(Count(1));
    Copy(text.data(), text.size());
  }
  template <typename T>
  void Numbers(std::vector<T>& values) {
    values.resize(Count(sizeof(T)));
    Copy(values.data(), values.size() * sizeof(T));
  }
  template <typename T, typename Body>
  void List(std::vector<T>& values, Body body) {
    values.resize(Count(sizeof(int32_t)));
    for (T& value : values) body(value);
  }
  bool AllRead() const { return ok_ && bytes_.empty(); }

 private:
  // How many values of at least `size` bytes follow: no more than there are bytes for.
  size_t Count(size_t size) {
    uint64_t count = 0;
    Number(count);
    if (count > bytes_.size() / size) {
      ok_ = false;
      return 0;
    }
    return static_cast<size_t>(count);
  }
  void Copy(void* to, size_t size) {
    if (size > bytes_.size()) {
      ok_ = false;
      return;
    }
    std::memcpy(to, bytes_.data(), size);
    bytes_.remove_prefix(size);
  }

  absl::string_view bytes_;
  bool ok_ = true;
};

template <size_t kIndex = 0>
absl::StatusOr<ParallelMessage> DecodeAs(size_t kind, absl::string_view bytes) {
  if constexpr (kIndex < std::variant_size_v<ParallelMessage>) {
    if (kind != kIndex) return DecodeAs<kIndex + 1>(kind, bytes);
    std::variant_alternative_t<kIndex, ParallelMessage> message;
    Reader reader(bytes);
    Fields(reader, message);
    if (reader.AllRead()) return ParallelMessage(std::move(message));
  }
  return absl::InvalidArgumentError(
      "what came from the first process is no message of this program");
}

}  // namespace

std::string Encode(const ParallelMessage& message) {
  Writer writer;
  writer.Number(static_cast<uint8_t>(message.index()));
  ParallelMessage copy = message;
  std::visit([&writer](auto& fields) { Fields(writer, fields); }, copy);
  return writer.Take();
}

absl::StatusOr<ParallelMessage> Decode(absl::string_view bytes) {
  if (bytes.empty()) return DecodeAs(std::variant_size_v<ParallelMessage>, bytes);
  return DecodeAs(static_cast<uint8_t>(bytes.front()), bytes.substr(1));
}

}  // namespace assay
