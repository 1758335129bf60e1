// Plots as SVG documents, drawn by the Rust crate plotters. The same plot gives the same bytes.
#ifndef ASSAY_CLIENT_PLOTS_PLOT_H_
#define ASSAY_CLIENT_PLOTS_PLOT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/statistics/estimate.h"

namespace assay {

struct PlotAxis {
  std::string label;
  bool logarithmic = false;  // numbers are then above 0
};

struct ScatterPoint {
  double x = 0;
  double y = 0;
  std::optional<Interval> interval = std::nullopt;  // of y
};
struct ScatterSeries {
  std::string name;
  std::vector<ScatterPoint> points;
  std::vector<ScatterPoint> line = {};  // drawn from point to point, without markers
};
struct ScatterPlot {
  PlotAxis x;
  PlotAxis y;
  std::vector<ScatterSeries> series;
};

struct IntervalRow {
  std::string label;
  size_t series = 0;  // place in the plot's series
  double value = 0;
  std::optional<Interval> interval = std::nullopt;
};
// Numbers with their intervals, a row each, from top to bottom.
struct IntervalPlot {
  PlotAxis x;
  std::optional<double> reference = std::nullopt;  // a line from top to bottom
  std::vector<std::string> series;
  std::vector<IntervalRow> rows;
};

// Numbers from -1 to 1 of each label with each; none where it is not known.
struct CorrelationPlot {
  std::vector<std::string> labels;
  std::vector<std::vector<std::optional<double>>> values;
};

// InvalidArgument where there is nothing to draw, or a number has no place on its axis.
absl::StatusOr<std::string> DrawSvg(const ScatterPlot& plot);
absl::StatusOr<std::string> DrawSvg(const IntervalPlot& plot);
absl::StatusOr<std::string> DrawSvg(const CorrelationPlot& plot);

}  // namespace assay

#endif  // ASSAY_CLIENT_PLOTS_PLOT_H_
