#include "tests/bench/schedule/result_table.h"

#include <algorithm>
#include <cstddef>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace assay::simulation {
namespace {

constexpr double kMostWithoutLosses = 1.10;
constexpr double kMostWithLosses = 1.20;

using Figure = std::function<double(const SimulationResult&)>;

double Bound(const SimulationResult& result) {
  return std::max(result.bound.capacity, result.bound.longest);
}

double Ratio(const SimulationResult& result) { return result.makespan / Bound(result); }

double Mean(const TableRow& row, const Figure& figure) {
  double sum = 0;
  for (const SimulationResult& result : row.results) sum += figure(result);
  return sum / static_cast<double>(row.results.size());
}

std::string MeanCell(const TableRow& row, int digits, const Figure& figure) {
  return absl::StrFormat(" %.*f |", digits, Mean(row, figure));
}

std::string MeanAndWorst(const TableRow& row, int digits, const Figure& figure) {
  if (row.results.size() == 1) return MeanCell(row, digits, figure);
  double worst = 0;
  for (const SimulationResult& result : row.results) worst = std::max(worst, figure(result));
  return absl::StrFormat(" %.*f (%.*f) |", digits, Mean(row, figure), digits, worst);
}

std::string Verdict(const TableRow& row) {
  const int met = SeedsThatMeet(row);
  const auto seeds = static_cast<int>(row.results.size());
  if (met == seeds) return "met";
  return met == 0 ? "missed" : absl::StrCat("met by ", met, " of ", seeds);
}

}  // namespace

double MostOfBound(const TableRow& row) {
  return row.lost > 0 ? kMostWithLosses : kMostWithoutLosses;
}

int SeedsThatMeet(const TableRow& row) {
  return static_cast<int>(
      std::count_if(row.results.begin(), row.results.end(), [&row](const SimulationResult& result) {
        return result.complete && Ratio(result) <= MostOfBound(row);
      }));
}

std::string TableHead() {
  return "| workers | slow | lost | bound | makespan | ratio | target | | with a load each | loads "
         "| loading | dearer kind | thrown away | gone | waiting | idle at the end |\n"
         "|--:|--:|--:|--:|--:|--:|--:|:--|--:|--:|--:|--:|--:|--:|--:|--:|\n";
}

std::string TableLine(const TableRow& row) {
  using Result = SimulationResult;
  std::string line = absl::StrFormat("| %d | %.0f%% | %.0f%% |", row.workers, row.stragglers * 100,
                                     row.lost * 100);
  absl::StrAppend(
      &line, MeanCell(row, 0, Bound),
      MeanAndWorst(row, 0, [](const Result& result) { return result.makespan; }),
      MeanAndWorst(row, 3, Ratio), absl::StrFormat(" %.2f | %s |", MostOfBound(row), Verdict(row)),
      MeanAndWorst(row, 3,
                   [](const Result& result) { return result.makespan / result.bound.seconds(); }),
      MeanCell(row, 0, [](const Result& result) { return static_cast<double>(result.loads); }));
  for (double LostTime::*part : {&LostTime::loads, &LostTime::dearer_kind, &LostTime::thrown_away,
                                 &LostTime::gone, &LostTime::waiting, &LostTime::idle_end}) {
    line += MeanCell(row, 3, [part](const Result& result) { return result.lost_time.*part; });
  }
  return line + "\n";
}

}  // namespace assay::simulation
