#include "client/plots/plot.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/plots/rust/include/assay_plots.h"
#include "nlohmann/json.hpp"

namespace assay {
namespace {

using Json = nlohmann::json;

constexpr int kWidth = 820;
constexpr int kHeight = 440;

Json ToJson(const PlotAxis& axis) { return {{"label", axis.label}, {"log", axis.logarithmic}}; }

void AddInterval(const std::optional<Interval>& interval, Json& json) {
  if (!interval.has_value()) return;
  json["low"] = interval->low;
  json["high"] = interval->high;
}

absl::StatusOr<std::string> Render(const Json& json) {
  // Names of models may be any bytes.
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  const AssayPlot plot = assay_plot_render(text.data(), text.size());
  std::string result(reinterpret_cast<const char*>(plot.data), plot.size);
  const bool ok = plot.ok;
  assay_plot_free(plot);
  if (!ok) return absl::InvalidArgumentError(absl::StrCat("plot: ", result));
  return result;
}

}  // namespace

absl::StatusOr<std::string> DrawSvg(const ScatterPlot& plot) {
  Json series = Json::array();
  for (const ScatterSeries& each : plot.series) {
    Json points = Json::array();
    for (const ScatterPoint& point : each.points) {
      Json json = {{"x", point.x}, {"y", point.y}};
      AddInterval(point.interval, json);
      points.push_back(std::move(json));
    }
    Json line = Json::array();
    for (const ScatterPoint& point : each.line) line.push_back({point.x, point.y});
    series.push_back({{"name", each.name}, {"points", points}, {"line", line}});
  }
  return Render({{"kind", "scatter"},
                 {"width", kWidth},
                 {"height", kHeight},
                 {"x", ToJson(plot.x)},
                 {"y", ToJson(plot.y)},
                 {"series", series}});
}

absl::StatusOr<std::string> DrawSvg(const IntervalPlot& plot) {
  Json rows = Json::array();
  for (const IntervalRow& row : plot.rows) {
    Json json = {{"label", row.label}, {"series", row.series}, {"value", row.value}};
    AddInterval(row.interval, json);
    rows.push_back(std::move(json));
  }
  Json json = {{"kind", "intervals"},
               {"width", kWidth},
               {"x", ToJson(plot.x)},
               {"series", plot.series},
               {"rows", rows}};
  if (plot.reference.has_value()) json["reference"] = *plot.reference;
  return Render(json);
}

absl::StatusOr<std::string> DrawSvg(const CorrelationPlot& plot) {
  Json values = Json::array();
  for (const auto& row : plot.values) {
    Json cells = Json::array();
    for (const std::optional<double>& value : row) {
      cells.push_back(value.has_value() ? Json(*value) : Json());
    }
    values.push_back(std::move(cells));
  }
  return Render({{"kind", "heatmap"}, {"labels", plot.labels}, {"values", values}});
}

}  // namespace assay
