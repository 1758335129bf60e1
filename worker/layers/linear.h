// Linear layers whose weights lie in panels (cpu/kernels.h), and the token embedding that may share
// them.
#ifndef ASSAY_WORKER_LAYERS_LINEAR_H_
#define ASSAY_WORKER_LAYERS_LINEAR_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/run.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/row_range.h"
#include "worker/parallel/tensor_parallel.h"
#include "worker/weights/checkpoint.h"

namespace assay {

// Where a linear layer's rows are stored, or a part of them: "<name>.weight" and "<name>.bias".
struct LinearPart {
  enum class Bias { kNone, kIfStored, kNeeded };

  std::string name;
  int64_t out = 0;  // features of the stored matrix
  int64_t in = 0;
  Bias bias = Bias::kIfStored;
  bool transposed = false;         // stored [in, out], unless it is quantized
  std::vector<int64_t> rows = {};  // the out features that are meant, in order; empty: all

  int64_t row_count() const { return rows.empty() ? out : static_cast<int64_t>(rows.size()); }
};

// That the part's tensors are there with the shapes it names; appends those that they are.
// NotFound or InvalidArgument names the tensor.
absl::Status FindTensors(const Checkpoint& checkpoint, const LinearPart& part,
                         std::vector<const StoredTensor*>* tensors);

// y = x Wᵀ + b. Immutable after Load; thread-safe, but one Forward at a time (it uses the shared
// thread pool).
class Linear {
 public:
  Linear() = default;

  // The parts' rows one below the other, of the same depth. Where one part has a bias, the others'
  // count as zero. Of a `share` only its panels are there,
  // which may be none.
  static absl::StatusOr<Linear> Load(const Checkpoint& checkpoint,
                                     const std::vector<LinearPart>& parts, Precision precision,
                                     const Share& share = {});
  // For a gated layer: 16 rows of `gate`, 16 of `up`, in turn, as Output::kGated wants them.
  static absl::StatusOr<Linear> LoadGated(const Checkpoint& checkpoint, const LinearPart& gate,
                                          const LinearPart& up, Precision precision,
                                          const Share& share = {});

  // For attention's heads: as Load, but the rows come in heads of `head_size`, and each head begins
  // a panel of its own (rows of zeros fill the last of a head).
  static absl::StatusOr<Linear> LoadHeads(const Checkpoint& checkpoint,
                                          const std::vector<LinearPart>& parts, int64_t head_size,
                                          Precision precision);

  int64_t depth() const { return depth_; }  // in features
  // Out features, with rows of zeros; of a gated layer those of gate and up.
  int64_t columns() const { return columns_; }
  // Of all the shares' panels the first that is here.
  int64_t first_panel() const { return first_panel_; }
  int64_t panels() const { return cpu::RoundUp(columns_, cpu::kPanel) / cpu::kPanel; }

  // On the calling thread: the columns of panels [first_panel, first_panel + panels) of the
  // products of `rows` with W. input: [rows, Padded(depth)] of the compute type in the kernels'
  // layout, zero behind `depth`. output: for kStore and kAdd float32, the element of the first of
  // these rows and columns, `stride` elements a row; for kGated and kActivated the whole input of a
  // further product, of `stride` padded columns.
  void Multiply(const void* input, RowRange rows, int64_t first_panel, int64_t panels,
                cpu::Output kind, void* output, int64_t stride,
                cpu::Activation activation = cpu::Activation::kSilu) const;
  // All columns of the rows from 0 on, divided among the threads of the shared pool; kStore or
  // kAdd.
  void Forward(const void* input, int64_t rows, cpu::Output kind, float* output,
               int64_t stride) const;

  // Row `index` of W as float32, `depth` values.
  void ReadRow(int64_t index, float* out) const;

  int64_t bytes() const { return panels_.defined() ? static_cast<int64_t>(panels_.nbytes()) : 0; }

 private:
  class Source;
  // A row of a source; none for a row of zeros.
  struct Row {
    const Source* source = nullptr;
    int64_t index = 0;
  };
  static absl::StatusOr<Linear> Pack(const Checkpoint& checkpoint, const LinearPart& first,
                                     const std::vector<Row>& rows, Precision precision);
  // The same of a share's panels.
  static absl::StatusOr<Linear> PackShare(const Checkpoint& checkpoint, const LinearPart& first,
                                          const std::vector<Row>& rows, Precision precision,
                                          const Share& share);

  static bool IsInt8Layer(const Checkpoint& checkpoint, const std::vector<Row>& rows);

  Precision precision_ = Precision::kFloat32;
  int64_t depth_ = 0;
  int64_t columns_ = 0;
  int64_t first_panel_ = 0;
  float outlier_threshold_ = 0;  // of kLlmInt8
  // [panels, Padded(depth), kPanel]; of 16-bit types [panels, Padded(depth) / 2, kPanel, 2]; of
  // 8 bits see weight_panels.h.
  at::Tensor panels_;
  at::Tensor scales_;  // float32 [panels, kPanel], of weights of 8 bits; else undefined
  at::Tensor bias_;    // float32 [panels × kPanel] or undefined
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_LINEAR_H_
