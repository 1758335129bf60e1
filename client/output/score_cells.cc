#include "client/output/score_cells.h"

#include <cmath>
#include <string>

#include "absl/strings/str_format.h"

namespace assay {
namespace {

constexpr char kUnknown[] = "-";

std::string Points(double value) {
  // No sign where rounding leaves nothing.
  const std::string text = absl::StrFormat("%+.2f", value * 100);
  return text == "+0.00" || text == "-0.00" ? "0.00" : text;
}

}  // namespace

Json NumberJson(double value) { return std::isnan(value) ? Json() : Json(value); }

Cell PercentCell(double value) {
  return Cell(NumberJson(value),
              std::isnan(value) ? kUnknown : absl::StrFormat("%.2f", value * 100));
}

Cell PointsCell(double value) {
  return Cell(NumberJson(value), std::isnan(value) ? kUnknown : Points(value));
}

Cell IntervalCell(double low, double high) {
  return Cell(NumberJson(low), std::isnan(low) || std::isnan(high)
                                   ? kUnknown
                                   : absl::StrFormat("%.2f–%.2f", low * 100, high * 100));
}

Cell SignedIntervalCell(double low, double high) {
  return Cell(NumberJson(low), std::isnan(low) || std::isnan(high)
                                   ? kUnknown
                                   : absl::StrFormat("%s … %s", Points(low), Points(high)));
}

Cell ProbabilityCell(double p) {
  if (std::isnan(p)) return Cell(Json(), kUnknown);
  return Cell(p, p < 0.0001 ? "<0.0001" : absl::StrFormat("%.4f", p));
}

}  // namespace assay
