#include "worker/layers/column_gather.h"

#include <algorithm>
#include <cstring>

#include "common/base/status_macros.h"
#include "worker/layers/thread_pool.h"

namespace assay {
namespace {

// Columns that lie side by side in either layout (cpu::InputOffset).
constexpr int64_t kRun = cpu::kLayoutTileColumns;

char* ElementAt(const MatrixView& matrix, int64_t row, int64_t column) {
  const int64_t offset = matrix.layout == cpu::InputLayout::kRows
                             ? row * matrix.stride + column
                             : cpu::InputOffset(matrix.layout, matrix.stride, row, column);
  return static_cast<char*>(matrix.data) + offset * matrix.element_size;
}

void CopyColumns(const MatrixView& from, int64_t from_column, const MatrixView& to,
                 int64_t to_column, int64_t rows, int64_t columns) {
  ThreadPool::Shared().ParallelFor(rows, [&](int64_t row) {
    for (int64_t done = 0; done < columns;) {
      const int64_t count = std::min(
          {columns - done, kRun - (from_column + done) % kRun, kRun - (to_column + done) % kRun});
      std::memcpy(ElementAt(to, row, to_column + done), ElementAt(from, row, from_column + done),
                  static_cast<size_t>(count * from.element_size));
      done += count;
    }
  });
}

}  // namespace

absl::Status ColumnGather::Gather(const MatrixView& mine, int64_t first_column,
                                  const MatrixView& all, int64_t rows,
                                  const std::vector<int64_t>& bounds) {
  const Share share = group_->share();
  int64_t most = 0;
  for (size_t i = 0; i + 1 < bounds.size(); ++i) most = std::max(most, bounds[i + 1] - bounds[i]);
  const int64_t bytes = rows * most * mine.element_size;
  if (bytes == 0) return absl::OkStatus();
  sent_.resize(static_cast<size_t>(bytes));
  received_.resize(static_cast<size_t>(bytes * share.count));
  const auto columns = [&bounds](int64_t index) {
    return bounds[static_cast<size_t>(index) + 1] - bounds[static_cast<size_t>(index)];
  };
  const auto part = [&](char* data) {
    return MatrixView{.data = data, .stride = most, .element_size = mine.element_size};
  };
  CopyColumns(mine, first_column, part(sent_.data()), 0, rows, columns(share.index));
  ASSAY_RETURN_IF_ERROR(group_->AllGather(sent_.data(), bytes, received_.data()));
  for (int64_t i = 0; i < share.count; ++i) {
    if (i == share.index && mine.data == all.data) continue;
    CopyColumns(part(received_.data() + i * bytes), 0, all, bounds[static_cast<size_t>(i)], rows,
                columns(i));
  }
  return absl::OkStatus();
}

}  // namespace assay
