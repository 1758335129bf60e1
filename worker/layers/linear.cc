#include "worker/layers/linear.h"

#include <ATen/ATen.h>
#include <sys/mman.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "worker/layers/activations.h"
#include "worker/layers/thread_pool.h"
#include "worker/layers/weight_panels.h"
#include "worker/weights/quantization_config.h"

namespace assay {
namespace {

using cpu::kPanel;

// Columns of a gated panel that belong to one of its two halves.
constexpr int64_t kHalfPanel = kPanel / 2;
// Rows of the input that a task keeps in the second-level cache while the panels pass.
constexpr int64_t kTaskRows = 256;
constexpr int64_t kTasksAThread = 8;

absl::StatusOr<const StoredTensor*> FindShaped(const Checkpoint& checkpoint,
                                               const std::string& name,
                                               const std::vector<int64_t>& shape) {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor, checkpoint.Find(name));
  if (tensor->shape != shape) {
    return absl::InvalidArgumentError(absl::StrCat(
        tensor->file, ": tensor ", name, " has the shape [", absl::StrJoin(tensor->shape, ", "),
        "]; by the config it should be [", absl::StrJoin(shape, ", "), "]"));
  }
  return tensor;
}

absl::StatusOr<const StoredTensor*> FindWeight(const Checkpoint& checkpoint,
                                               const LinearPart& part) {
  const std::string name = absl::StrCat(part.name, ".weight");
  const auto stored = checkpoint.Find(name);
  return FindShaped(checkpoint, name,
                    part.transposed && !(stored.ok() && (*stored)->quantized != nullptr)
                        ? std::vector<int64_t>{part.in, part.out}
                        : std::vector<int64_t>{part.out, part.in});
}

// Null where there is none and none is needed.
absl::StatusOr<const StoredTensor*> FindBias(const Checkpoint& checkpoint, const LinearPart& part) {
  const std::string name = absl::StrCat(part.name, ".bias");
  if (part.bias == LinearPart::Bias::kNone ||
      (part.bias == LinearPart::Bias::kIfStored && !checkpoint.Has(name))) {
    return nullptr;
  }
  return FindShaped(checkpoint, name, {part.out});
}

// Fewer page faults and look-ups of addresses; refused, it is only slower.
void AdviseHugePages(void* data, size_t bytes) {
  constexpr uintptr_t kHugePage = 2 << 20;
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(data) + kHugePage - 1) & ~(kHugePage - 1);
  const uintptr_t end = (reinterpret_cast<uintptr_t>(data) + bytes) & ~(kHugePage - 1);
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

}  // namespace

absl::Status FindTensors(const Checkpoint& checkpoint, const LinearPart& part,
                         std::vector<const StoredTensor*>* tensors) {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* weight, FindWeight(checkpoint, part));
  tensors->push_back(weight);
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* bias, FindBias(checkpoint, part));
  if (bias != nullptr) tensors->push_back(bias);
  return absl::OkStatus();
}

// A part with what is read of it ahead: its bias, and a transposed matrix as a whole.
class Linear::Source {
 public:
  static absl::StatusOr<std::unique_ptr<Source>> Open(const Checkpoint& checkpoint,
                                                      const LinearPart& part) {
    auto source = std::make_unique<Source>(part);
    ASSAY_ASSIGN_OR_RETURN(source->weight_, FindWeight(checkpoint, part));
    ASSAY_ASSIGN_OR_RETURN(const StoredTensor* bias, FindBias(checkpoint, part));
    if (bias != nullptr) {
      source->bias_.resize(static_cast<size_t>(part.out));
      ASSAY_RETURN_IF_ERROR(checkpoint.ReadRows(*bias, 0, part.out, source->bias_.data()));
    }
    source->transposed_ = part.transposed && source->weight_->quantized == nullptr;
    if (source->transposed_) {
      source->columns_.resize(static_cast<size_t>(part.in * part.out));
      ASSAY_RETURN_IF_ERROR(
          checkpoint.ReadRows(*source->weight_, 0, part.in, source->columns_.data()));
    }
    return source;
  }

  explicit Source(const LinearPart& part) : part_(part) {}

  const LinearPart& part() const { return part_; }
  // The stored row of the part's row `index`.
  int64_t Stored(int64_t index) const {
    return part_.rows.empty() ? index : part_.rows[static_cast<size_t>(index)];
  }
  bool has_bias() const { return !bias_.empty(); }
  bool is_quantized() const { return weight_->quantized != nullptr; }
  float bias(int64_t stored) const {
    return bias_.empty() ? 0.0f : bias_[static_cast<size_t>(stored)];
  }
  // Stored rows [first, first + count) as float32.
  absl::Status Read(const Checkpoint& checkpoint, int64_t first, int64_t count, float* out) const {
    if (!transposed_) return checkpoint.ReadRows(*weight_, first, first + count, out);
    for (int64_t row = first; row < first + count; ++row) {
      for (int64_t k = 0; k < part_.in; ++k) {
        *out++ = columns_[static_cast<size_t>(k * part_.out + row)];
      }
    }
    return absl::OkStatus();
  }

 private:
  const LinearPart& part_;
  const StoredTensor* weight_ = nullptr;
  bool transposed_ = false;
  std::vector<float> bias_;
  std::vector<float> columns_;
};

// A folder that is in LLM.int8() already says by its tensors which layers are not.
bool Linear::IsInt8Layer(const Checkpoint& checkpoint, const std::vector<Row>& rows) {
  if (!IsInt8Folder(checkpoint.config())) return true;
  for (const Row& row : rows) {
    if (row.source != nullptr && !row.source->is_quantized()) return false;
  }
  return true;
}

absl::StatusOr<Linear> Linear::Load(const Checkpoint& checkpoint,
                                    const std::vector<LinearPart>& parts, Precision precision,
                                    const Share& share) {
  std::vector<std::unique_ptr<Source>> sources;
  std::vector<Row> rows;
  for (const LinearPart& part : parts) {
    ASSAY_ASSIGN_OR_RETURN(sources.emplace_back(), Source::Open(checkpoint, part));
    for (int64_t i = 0; i < part.row_count(); ++i) {
      rows.push_back({sources.back().get(), sources.back()->Stored(i)});
    }
  }
  return PackShare(checkpoint, parts.front(), rows, precision, share);
}

absl::StatusOr<Linear> Linear::LoadHeads(const Checkpoint& checkpoint,
                                         const std::vector<LinearPart>& parts, int64_t head_size,
                                         Precision precision) {
  std::vector<std::unique_ptr<Source>> sources;
  std::vector<Row> rows;
  const int64_t padded = cpu::RoundUp(head_size, kPanel);
  for (const LinearPart& part : parts) {
    ASSAY_ASSIGN_OR_RETURN(sources.emplace_back(), Source::Open(checkpoint, part));
    const Source* source = sources.back().get();
    if (part.row_count() % head_size != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(checkpoint.path(), ": ", part.name, " has ", part.row_count(),
                       " rows, which are not whole heads of ", head_size));
    }
    for (int64_t head = 0; head < part.row_count(); head += head_size) {
      for (int64_t i = 0; i < padded; ++i) {
        rows.push_back(i < head_size ? Row{source, source->Stored(head + i)} : Row{});
      }
    }
  }
  return Pack(checkpoint, parts.front(), rows, precision);
}

absl::StatusOr<Linear> Linear::LoadGated(const Checkpoint& checkpoint, const LinearPart& gate,
                                         const LinearPart& up, Precision precision,
                                         const Share& share) {
  ASSAY_ASSIGN_OR_RETURN(const auto gate_source, Source::Open(checkpoint, gate));
  ASSAY_ASSIGN_OR_RETURN(const auto up_source, Source::Open(checkpoint, up));
  const int64_t count = gate.row_count();
  if (up.row_count() != count) {
    return absl::InvalidArgumentError(absl::StrCat(checkpoint.path(), ": ", gate.name, " has ",
                                                   count, " rows and ", up.name, " ",
                                                   up.row_count()));
  }
  std::vector<Row> rows;
  for (int64_t first = 0; first < count; first += kHalfPanel) {
    for (const Source* source : {gate_source.get(), up_source.get()}) {
      for (int64_t i = first; i < first + kHalfPanel; ++i) {
        // Where the number of rows is no multiple of the half panel, rows of zeros fill it.
        rows.push_back(i < count ? Row{source, source->Stored(i)} : Row{});
      }
    }
  }
  return PackShare(checkpoint, gate, rows, precision, share);
}

absl::StatusOr<Linear> Linear::PackShare(const Checkpoint& checkpoint, const LinearPart& first,
                                         const std::vector<Row>& rows, Precision precision,
                                         const Share& share) {
  if (share.whole()) return Pack(checkpoint, first, rows, precision);
  const int64_t count = static_cast<int64_t>(rows.size());
  const int64_t panels = cpu::RoundUp(count, kPanel) / kPanel;
  const std::vector<Row> mine(rows.begin() + share.First(panels) * kPanel,
                              rows.begin() + std::min(count, share.End(panels) * kPanel));
  ASSAY_ASSIGN_OR_RETURN(Linear linear, Pack(checkpoint, first, mine, precision));
  linear.first_panel_ = share.First(panels);
  return linear;
}

absl::StatusOr<Linear> Linear::Pack(const Checkpoint& checkpoint, const LinearPart& first_part,
                                    const std::vector<Row>& rows, Precision precision) {
  if (precision == Precision::kLlmInt8 && !IsInt8Layer(checkpoint, rows)) {
    precision = cpu::ComputeType(precision);
  }
  Linear linear;
  linear.precision_ = precision;
  linear.columns_ = static_cast<int64_t>(rows.size());
  linear.depth_ = first_part.in;
  bool any_bias = false;
  for (const Row& row : rows) {
    if (row.source == nullptr) continue;
    any_bias |= row.source->has_bias();
    if (row.source->part().in != linear.depth_) {
      return absl::InvalidArgumentError(absl::StrCat(
          checkpoint.path(), ": ", row.source->part().name, " has ", row.source->part().in,
          " columns where ", first_part.name, " has ", linear.depth_));
    }
  }
  const int64_t depth = linear.depth_;
  if (precision == Precision::kLlmInt8) {
    if (depth > cpu::kMostLlmInt8Depth) {
      return absl::UnimplementedError(
          absl::StrCat(checkpoint.path(), ": ", first_part.name, " has ", depth,
                       " columns; llm-int8 sums at most ", cpu::kMostLlmInt8Depth));
    }
    // Without a threshold only what is not finite is an outlier.
    const float threshold = LlmInt8Threshold(checkpoint.config());
    linear.outlier_threshold_ = threshold > 0 ? threshold : std::numeric_limits<float>::infinity();
  }
  const int64_t padded = cpu::Padded(depth);
  const int64_t panels = cpu::RoundUp(linear.columns_, kPanel) / kPanel;
  try {
    const at::TensorOptions options = at::TensorOptions().dtype(ScalarTypeOf(precision));
    if (HasScales(precision)) {
      linear.panels_ = at::empty({panels, padded, kPanel}, at::kChar);
      linear.scales_ = at::empty({panels, kPanel}, at::kFloat);
    } else {
      linear.panels_ = precision == Precision::kFloat32
                           ? at::empty({panels, padded, kPanel}, options)
                           : at::empty({panels, padded / 2, kPanel, 2}, options);
    }
    AdviseHugePages(linear.panels_.mutable_data_ptr(), linear.panels_.nbytes());
    if (any_bias) {
      linear.bias_ = at::zeros({panels * kPanel}, at::kFloat);
      float* bias = linear.bias_.mutable_data_ptr<float>();
      for (size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].source != nullptr) bias[i] = rows[i].source->bias(rows[i].index);
      }
    }
  } catch (const std::exception&) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no memory for the weights of ", first_part.name));
  }
  char* out = static_cast<char*>(linear.panels_.mutable_data_ptr());
  const int64_t panel_bytes = PanelBytes(precision, depth);
  float* scales = linear.scales_.defined() ? linear.scales_.mutable_data_ptr<float>() : nullptr;

  std::mutex mutex;
  absl::Status status;
  ThreadPool::Shared().ParallelFor(panels, [&](int64_t panel) {
    std::vector<float> values(static_cast<size_t>(kPanel * depth), 0.0f);
    const int64_t end = std::min((panel + 1) * kPanel, linear.columns_);
    for (int64_t first = panel * kPanel; first < end;) {
      const Row& row = rows[static_cast<size_t>(first)];
      int64_t last = first + 1;
      while (last < end && rows[static_cast<size_t>(last)].source == row.source &&
             rows[static_cast<size_t>(last)].index == row.index + (last - first)) {
        ++last;
      }
      if (row.source != nullptr) {
        absl::Status read = row.source->Read(checkpoint, row.index, last - first,
                                             values.data() + (first - panel * kPanel) * depth);
        if (!read.ok()) {
          std::lock_guard<std::mutex> lock(mutex);
          status.Update(read);
          return;
        }
      }
      first = last;
    }
    PackPanel(precision, values.data(), depth, out + panel * panel_bytes,
              scales == nullptr ? nullptr : scales + panel * kPanel);
  });
  ASSAY_RETURN_IF_ERROR(status);
  // The weights are not kept twice.
  checkpoint.ReleaseMemory();
  return linear;
}

void Linear::Multiply(const void* input, RowRange rows, int64_t first_panel, int64_t panels,
                      cpu::Output kind, void* output, int64_t stride,
                      cpu::Activation activation) const {
  const int64_t padded = cpu::Padded(depth_);
  const int64_t column = first_panel * kPanel;
  const int64_t panel_bytes = PanelBytes(precision_, depth_);
  cpu::GemmTask task = {
      .input = input,
      .first_row = rows.first,
      .rows = rows.rows,
      .panels = static_cast<const char*>(panels_.const_data_ptr()) + first_panel * panel_bytes,
      .depth = padded,
      .panel_count = panels,
      .output = kind,
      .bias = bias_.defined() ? bias_.const_data_ptr<float>() + column : nullptr,
      .out = output,
      .out_stride = stride,
      .out_columns = columns_ - column,
      .activation = activation};
  // What a panel's columns become of the whole output; 0: the task's part is given.
  const int64_t panel_outputs = kind == cpu::Output::kGated       ? kHalfPanel
                                : kind == cpu::Output::kActivated ? kPanel
                                                                  : 0;
  task.out_first_column = (first_panel_ + first_panel) * panel_outputs;
  const cpu::Kernels& kernels = cpu::BestKernels();
  if (precision_ == Precision::kLlmInt8) {
    kernels.llm_int8_gemm(task, scales_.const_data_ptr<float>() + column, outlier_threshold_);
    return;
  }
  if (precision_ != Precision::kInt8) {
    kernels.gemm(precision_, task);
    return;
  }
  // One panel after another, widened where it is used at once.
  thread_local std::vector<uint16_t> widened;
  widened.resize(static_cast<size_t>(padded * kPanel));
  for (int64_t i = 0; i < panels; ++i) {
    const int64_t panel = first_panel + i;
    kernels.widen_panel(static_cast<const int8_t*>(panels_.const_data_ptr()) + panel * panel_bytes,
                        scales_.const_data_ptr<float>() + panel * kPanel, padded, widened.data());
    cpu::GemmTask one = task;
    one.panels = widened.data();
    one.panel_count = 1;
    if (task.bias != nullptr) one.bias = task.bias + i * kPanel;
    if (panel_outputs > 0) {
      one.out_first_column = (first_panel_ + panel) * panel_outputs;
    } else {
      one.out = static_cast<float*>(output) + i * kPanel;
      one.out_columns = task.out_columns - i * kPanel;
    }
    kernels.gemm(Precision::kBFloat16, one);
  }
}

void Linear::Forward(const void* input, int64_t rows, cpu::Output kind, float* output,
                     int64_t stride) const {
  if (rows == 0 || columns_ == 0) return;
  ThreadPool& pool = ThreadPool::Shared();
  const std::vector<RowRange> ranges = CutRows(rows, 1, kTaskRows);
  const int64_t row_tasks = static_cast<int64_t>(ranges.size());
  // Enough tasks that no thread waits long for the last.
  const int64_t wanted = std::max<int64_t>(1, kTasksAThread * pool.threads() / row_tasks);
  const int64_t task_panels = std::max<int64_t>(1, panels() / wanted);
  const int64_t panel_tasks = (panels() + task_panels - 1) / task_panels;
  pool.ParallelFor(row_tasks * panel_tasks, [&](int64_t task) {
    const int64_t panel = task % panel_tasks * task_panels;
    const RowRange& range = ranges[static_cast<size_t>(task / panel_tasks)];
    Multiply(input, range, panel, std::min(task_panels, panels() - panel), kind,
             output + range.first * stride + panel * kPanel, stride);
  });
}

void Linear::ReadRow(int64_t index, float* out) const {
  const int64_t bytes = PanelBytes(precision_, depth_);
  UnpackColumn(precision_,
               static_cast<const char*>(panels_.const_data_ptr()) + index / kPanel * bytes, depth_,
               index % kPanel, scales_.defined() ? scales_.const_data_ptr<float>()[index] : 1.0f,
               out);
}

}  // namespace assay
