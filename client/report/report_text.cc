#include "client/report/report_text.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "client/output/score_cells.h"

namespace assay {
namespace {

constexpr char kUnknown[] = "–";

std::string Plain(const std::string& key, double value) {
  return absl::StrFormat("%.2f", Shown(key, value));
}

}  // namespace

double Shown(const std::string& key, double value) {
  return IsRatingKey(key) ? value : value * 100;
}

const TableScore* FindScore(const ReportModel& model, const std::string& key) {
  const auto score = model.scores.find(key);
  return score == model.scores.end() ? nullptr : &score->second;
}

Cell ScoreCell(const std::string& key, const TableScore* score) {
  if (score == nullptr) return Cell(Json(), kUnknown);
  return Cell(score->value, absl::StrCat(Plain(key, score->value), score->partial ? "*" : ""));
}

std::optional<Interval> ShownInterval(const std::string& key, const TableScore& score) {
  if (!score.low.has_value() || !score.high.has_value()) return std::nullopt;
  return Interval{Shown(key, *score.low), Shown(key, *score.high)};
}

Cell ScoreLowCell(const std::string& key, const TableScore* score) {
  if (score == nullptr || !score->low.has_value() || !score->high.has_value()) {
    return Cell(Json(), kUnknown);
  }
  return Cell(*score->low, absl::StrCat(Plain(key, *score->low), "–", Plain(key, *score->high)));
}

Cell ScoreHighCell(const TableScore* score) {
  return score == nullptr || !score->high.has_value() ? Cell(Json()) : Cell(*score->high);
}

std::string DifferenceText(const std::string& key, double value) {
  if (std::isnan(value)) return kUnknown;
  return absl::StrFormat("%+.2f", Shown(key, value));
}

std::string DifferenceText(const std::string& key, const Estimate& difference) {
  std::string value = DifferenceText(key, difference.value);
  if (std::isnan(difference.interval.low)) return value;
  return absl::StrCat(value, " (95%: ", DifferenceText(key, difference.interval.low), " … ",
                      DifferenceText(key, difference.interval.high), ")");
}

Cell DifferenceCell(const std::string& key, double value) {
  return Cell(NumberJson(value), DifferenceText(key, value));
}

Cell DifferenceLowCell(const std::string& key, const Interval& interval) {
  if (std::isnan(interval.low)) return Cell(Json(), kUnknown);
  return Cell(interval.low, absl::StrCat(DifferenceText(key, interval.low), " … ",
                                         DifferenceText(key, interval.high)));
}

std::string CoefficientText(double value, const Interval& interval) {
  if (std::isnan(value)) return kUnknown;
  std::string text = absl::StrFormat("%.2f", value);
  if (std::isnan(interval.low)) return text;
  return absl::StrFormat("%s (95%%: %.2f … %.2f)", text, interval.low, interval.high);
}

Cell CoefficientCell(double value) {
  return Cell(NumberJson(value), std::isnan(value) ? kUnknown : absl::StrFormat("%.3f", value));
}

Cell CoefficientLowCell(const Interval& interval) {
  if (std::isnan(interval.low)) return Cell(Json(), kUnknown);
  return Cell(interval.low, absl::StrFormat("%.3f … %.3f", interval.low, interval.high));
}

Cell HighCell(const Interval& interval) { return Cell(NumberJson(interval.high)); }

std::string Counted(int64_t count, absl::string_view one) {
  return absl::StrCat(count, " ", one, count == 1 ? "" : "s");
}

std::string Opening(const Population& population) {
  std::string name = population.name;
  name[0] = absl::ascii_toupper(static_cast<unsigned char>(name[0]));
  return absl::StrCat(name, ": ");
}

std::string FileWord(const Population& population) {
  if (population.is_ours) return "ours";
  std::string word(absl::StripPrefix(population.name, "published by "));
  for (char& letter : word) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(letter))) letter = '_';
  }
  return word;
}

}  // namespace assay
