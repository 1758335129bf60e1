#include "worker/layers/linear.h"

#include <ATen/ATen.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/layers/activations.h"
#include "worker/layers/thread_pool.h"

namespace assay {
namespace {

using cpu::kPanel;

// Columns of a gated panel that belong to one of its two halves.
constexpr int64_t kHalfPanel = kPanel / 2;
// Rows of the input that a task keeps in the second-level cache while the panels pass.
constexpr int64_t kTaskRows = 256;
constexpr int64_t kTasksAThread = 8;

absl::StatusOr<const StoredTensor*> FindWeight(const Checkpoint& checkpoint,
                                               const std::string& name) {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor,
                         checkpoint.Find(absl::StrCat(name, ".weight")));
  if (tensor->shape.size() != 2) {
    return absl::InvalidArgumentError(absl::StrCat(tensor->file, ": tensor ", tensor->name, " has ",
                                                   tensor->shape.size(),
                                                   " dimensions; a linear layer has 2"));
  }
  return tensor;
}

// The bias of `rows` values, or nothing.
absl::StatusOr<std::optional<std::vector<float>>> ReadBias(const Checkpoint& checkpoint,
                                                           const std::string& name, int64_t rows) {
  const std::string bias_name = absl::StrCat(name, ".bias");
  if (!checkpoint.Has(bias_name)) return std::nullopt;
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor, checkpoint.Find(bias_name));
  if (tensor->shape != std::vector<int64_t>{rows}) {
    return absl::InvalidArgumentError(absl::StrCat(tensor->file, ": tensor ", bias_name,
                                                   " does not have the shape [", rows, "]"));
  }
  std::vector<float> bias(static_cast<size_t>(rows));
  ASSAY_RETURN_IF_ERROR(checkpoint.ReadRows(*tensor, 0, rows, bias.data()));
  return bias;
}

// Where a weight lies in a panel of 8 bits (Kernels::widen_panel).
int64_t Int8Index(int64_t k, int64_t column) {
  return k / 2 * 2 * kPanel + column / kHalfPanel * kPanel + k % 2 * kHalfPanel +
         column % kHalfPanel;
}

// Fewer page faults and look-ups of addresses; refused, it is only slower.
void AdviseHugePages(void* data, size_t bytes) {
  constexpr uintptr_t kHugePage = 2 << 20;
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(data) + kHugePage - 1) & ~(kHugePage - 1);
  const uintptr_t end = (reinterpret_cast<uintptr_t>(data) + bytes) & ~(kHugePage - 1);
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

// values[kPanel][depth] to a panel of 8 bits and a scale for each column: the greatest magnitude of
// a column becomes 127.
void PackInt8Panel(const float* values, int64_t depth, int64_t padded, int8_t* panel,
                   float* scales) {
  for (int64_t column = 0; column < kPanel; ++column) {
    const float* row = values + column * depth;
    float greatest = 0;
    for (int64_t k = 0; k < depth; ++k) greatest = std::max(greatest, std::abs(row[k]));
    scales[column] = greatest / 127.0f;
    const float inverse = greatest > 0 ? 127.0f / greatest : 0.0f;
    for (int64_t k = 0; k < padded; ++k) {
      const float value = k < depth ? std::nearbyint(row[k] * inverse) : 0.0f;
      panel[Int8Index(k, column)] = static_cast<int8_t>(std::clamp(value, -127.0f, 127.0f));
    }
  }
}

// values[kPanel][depth] to a panel.
void PackPanel(Precision precision, const float* values, int64_t depth, int64_t padded,
               char* panel) {
  if (precision == Precision::kFloat32) {
    float* out = reinterpret_cast<float*>(panel);
    for (int64_t k = 0; k < padded; ++k) {
      for (int64_t column = 0; column < kPanel; ++column) {
        out[k * kPanel + column] = k < depth ? values[column * depth + k] : 0.0f;
      }
    }
    return;
  }
  uint16_t* out = reinterpret_cast<uint16_t*>(panel);
  for (int64_t k = 0; k < padded; ++k) {
    for (int64_t column = 0; column < kPanel; ++column) {
      out[k / 2 * 2 * kPanel + column * 2 + k % 2] =
          k < depth ? cpu::ToBits16(precision, values[column * depth + k]) : uint16_t{0};
    }
  }
}

}  // namespace

absl::StatusOr<Linear> Linear::Load(const Checkpoint& checkpoint,
                                    const std::vector<std::string>& names, Precision precision) {
  std::vector<Row> rows;
  std::vector<float> bias;
  bool any_bias = false;
  for (const std::string& name : names) {
    ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor, FindWeight(checkpoint, name));
    const int64_t count = tensor->shape[0];
    for (int64_t i = 0; i < count; ++i) rows.push_back({tensor, i});
    ASSAY_ASSIGN_OR_RETURN(auto part, ReadBias(checkpoint, name, count));
    any_bias |= part.has_value();
    const std::vector<float> values = part.value_or(std::vector<float>(static_cast<size_t>(count)));
    bias.insert(bias.end(), values.begin(), values.end());
  }
  if (!any_bias) bias.clear();
  return Pack(checkpoint, rows, bias, precision);
}

absl::StatusOr<Linear> Linear::LoadHeads(const Checkpoint& checkpoint,
                                         const std::vector<std::string>& names, int64_t head_size,
                                         Precision precision) {
  std::vector<Row> rows;
  std::vector<float> bias;
  bool any_bias = false;
  const int64_t padded = cpu::RoundUp(head_size, kPanel);
  for (const std::string& name : names) {
    ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor, FindWeight(checkpoint, name));
    const int64_t count = tensor->shape[0];
    if (count % head_size != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(tensor->file, ": tensor ", tensor->name, " has ", count,
                       " rows, which are not whole heads of ", head_size));
    }
    ASSAY_ASSIGN_OR_RETURN(const auto values, ReadBias(checkpoint, name, count));
    any_bias |= values.has_value();
    for (int64_t head = 0; head < count; head += head_size) {
      for (int64_t i = 0; i < padded; ++i) {
        const bool real = i < head_size;
        rows.push_back({real ? tensor : nullptr, head + i});
        bias.push_back(real && values.has_value() ? (*values)[static_cast<size_t>(head + i)]
                                                  : 0.0f);
      }
    }
  }
  if (!any_bias) bias.clear();
  return Pack(checkpoint, rows, bias, precision);
}

absl::StatusOr<Linear> Linear::LoadGated(const Checkpoint& checkpoint, const std::string& gate,
                                         const std::string& up, Precision precision) {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* gate_tensor, FindWeight(checkpoint, gate));
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* up_tensor, FindWeight(checkpoint, up));
  if (gate_tensor->shape != up_tensor->shape) {
    return absl::InvalidArgumentError(absl::StrCat(gate_tensor->file, ": tensors ",
                                                   gate_tensor->name, " and ", up_tensor->name,
                                                   " have different shapes"));
  }
  const int64_t count = gate_tensor->shape[0];
  ASSAY_ASSIGN_OR_RETURN(auto gate_bias, ReadBias(checkpoint, gate, count));
  ASSAY_ASSIGN_OR_RETURN(auto up_bias, ReadBias(checkpoint, up, count));
  std::vector<Row> rows;
  std::vector<float> bias;
  for (int64_t first = 0; first < count; first += kHalfPanel) {
    for (const bool is_gate : {true, false}) {
      const std::optional<std::vector<float>>& values = is_gate ? gate_bias : up_bias;
      for (int64_t i = first; i < first + kHalfPanel; ++i) {
        // Where the number of rows is no multiple of the half panel, rows of zeros fill it.
        rows.push_back({i < count ? (is_gate ? gate_tensor : up_tensor) : nullptr, i});
        bias.push_back(values.has_value() && i < count ? (*values)[static_cast<size_t>(i)] : 0.0f);
      }
    }
  }
  if (!gate_bias.has_value() && !up_bias.has_value()) bias.clear();
  return Pack(checkpoint, rows, bias, precision);
}

absl::StatusOr<Linear> Linear::Pack(const Checkpoint& checkpoint, const std::vector<Row>& rows,
                                    const std::vector<float>& bias, Precision precision) {
  Linear linear;
  linear.precision_ = precision;
  linear.columns_ = static_cast<int64_t>(rows.size());
  linear.depth_ = rows.front().tensor->shape[1];
  for (const Row& row : rows) {
    if (row.tensor != nullptr && row.tensor->shape[1] != linear.depth_) {
      return absl::InvalidArgumentError(absl::StrCat(
          row.tensor->file, ": tensor ", row.tensor->name, " has ", row.tensor->shape[1],
          " columns where ", rows.front().tensor->name, " has ", linear.depth_));
    }
  }
  const int64_t depth = linear.depth_;
  const int64_t padded = cpu::Padded(depth);
  const int64_t panels = cpu::RoundUp(linear.columns_, kPanel) / kPanel;
  try {
    const at::TensorOptions options = at::TensorOptions().dtype(ScalarTypeOf(precision));
    if (precision == Precision::kInt8) {
      linear.panels_ = at::empty({panels, padded, kPanel}, at::kChar);
      linear.scales_ = at::empty({panels, kPanel}, at::kFloat);
    } else {
      linear.panels_ = precision == Precision::kFloat32
                           ? at::empty({panels, padded, kPanel}, options)
                           : at::empty({panels, padded / 2, kPanel, 2}, options);
    }
    AdviseHugePages(linear.panels_.mutable_data_ptr(), linear.panels_.nbytes());
    if (!bias.empty()) {
      linear.bias_ = at::zeros({panels * kPanel}, at::kFloat);
      std::copy(bias.begin(), bias.end(), linear.bias_.mutable_data_ptr<float>());
    }
  } catch (const std::exception&) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no memory for the weights of ", rows.front().tensor->name));
  }
  char* out = static_cast<char*>(linear.panels_.mutable_data_ptr());
  const int64_t panel_bytes = linear.PanelBytes();
  float* scales = linear.scales_.defined() ? linear.scales_.mutable_data_ptr<float>() : nullptr;

  std::mutex mutex;
  absl::Status status;
  ThreadPool::Shared().ParallelFor(panels, [&](int64_t panel) {
    std::vector<float> values(static_cast<size_t>(kPanel * depth), 0.0f);
    const int64_t end = std::min((panel + 1) * kPanel, linear.columns_);
    for (int64_t first = panel * kPanel; first < end;) {
      const Row& row = rows[static_cast<size_t>(first)];
      int64_t last = first + 1;
      while (last < end && rows[static_cast<size_t>(last)].tensor == row.tensor &&
             rows[static_cast<size_t>(last)].index == row.index + (last - first)) {
        ++last;
      }
      if (row.tensor != nullptr) {
        absl::Status read = checkpoint.ReadRows(*row.tensor, row.index, row.index + last - first,
                                                values.data() + (first - panel * kPanel) * depth);
        if (!read.ok()) {
          std::lock_guard<std::mutex> lock(mutex);
          status.Update(read);
          return;
        }
      }
      first = last;
    }
    if (scales != nullptr) {
      PackInt8Panel(values.data(), depth, padded,
                    reinterpret_cast<int8_t*>(out + panel * panel_bytes), scales + panel * kPanel);
    } else {
      PackPanel(precision, values.data(), depth, padded, out + panel * panel_bytes);
    }
  });
  ASSAY_RETURN_IF_ERROR(status);
  // The weights are not kept twice.
  checkpoint.ReleaseMemory();
  return linear;
}

void Linear::Multiply(const void* input, RowRange rows, int64_t first_panel, int64_t panels,
                      cpu::Output kind, void* output, int64_t stride) const {
  const int64_t padded = cpu::Padded(depth_);
  const int64_t column = first_panel * kPanel;
  cpu::GemmTask task = {
      .input = input,
      .first_row = rows.first,
      .rows = rows.rows,
      .panels = static_cast<const char*>(panels_.const_data_ptr()) + first_panel * PanelBytes(),
      .depth = padded,
      .panel_count = panels,
      .output = kind,
      .bias = bias_.defined() ? bias_.const_data_ptr<float>() + column : nullptr,
      .out = output,
      .out_stride = stride,
      .out_columns = columns_ - column};
  if (kind == cpu::Output::kSiluMul) task.out_first_column = first_panel * kHalfPanel;
  const cpu::Kernels& kernels = cpu::BestKernels();
  if (precision_ != Precision::kInt8) {
    kernels.gemm(precision_, task);
    return;
  }
  // One panel after another, widened where it is used at once.
  thread_local std::vector<uint16_t> widened;
  widened.resize(static_cast<size_t>(padded * kPanel));
  const bool gated = kind == cpu::Output::kSiluMul;
  for (int64_t i = 0; i < panels; ++i) {
    const int64_t panel = first_panel + i;
    kernels.widen_panel(static_cast<const int8_t*>(panels_.const_data_ptr()) + panel * PanelBytes(),
                        scales_.const_data_ptr<float>() + panel * kPanel, padded, widened.data());
    cpu::GemmTask one = task;
    one.panels = widened.data();
    one.panel_count = 1;
    if (task.bias != nullptr) one.bias = task.bias + i * kPanel;
    if (gated) {
      one.out_first_column = panel * kHalfPanel;
    } else {
      one.out = static_cast<float*>(output) + i * kPanel;
      one.out_columns = task.out_columns - i * kPanel;
    }
    kernels.gemm(Precision::kBFloat16, one);
  }
}

int64_t Linear::PanelBytes() const {
  return cpu::Padded(depth_) * kPanel *
         (precision_ == Precision::kInt8 ? 1 : cpu::ElementSize(precision_));
}

void Linear::Forward(const void* input, int64_t rows, cpu::Output kind, void* output,
                     int64_t stride) const {
  if (rows == 0) return;
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
    void* out = kind == cpu::Output::kSiluMul
                    ? output
                    : static_cast<float*>(output) + range.first * stride + panel * kPanel;
    Multiply(input, range, panel, std::min(task_panels, panels() - panel), kind, out, stride);
  });
}

void Linear::ReadRow(int64_t index, float* out) const {
  const int64_t column = index % kPanel;
  const char* panel =
      static_cast<const char*>(panels_.const_data_ptr()) + index / kPanel * PanelBytes();
  if (precision_ == Precision::kInt8) {
    const float scale = scales_.const_data_ptr<float>()[index];
    for (int64_t k = 0; k < depth_; ++k) {
      out[k] =
          scale * static_cast<float>(reinterpret_cast<const int8_t*>(panel)[Int8Index(k, column)]);
    }
    return;
  }
  if (precision_ == Precision::kFloat32) {
    const float* values = reinterpret_cast<const float*>(panel);
    for (int64_t k = 0; k < depth_; ++k) out[k] = values[k * kPanel + column];
    return;
  }
  const uint16_t* values = reinterpret_cast<const uint16_t*>(panel);
  for (int64_t k = 0; k < depth_; ++k) {
    out[k] = cpu::FromBits16(precision_, values[k / 2 * 2 * kPanel + column * 2 + k % 2]);
  }
}

}  // namespace assay
