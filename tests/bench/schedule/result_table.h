// The table that schedule_bench prints: a row for each cluster, over one or more seeds.
#ifndef ASSAY_TESTS_BENCH_SCHEDULE_RESULT_TABLE_H_
#define ASSAY_TESTS_BENCH_SCHEDULE_RESULT_TABLE_H_

#include <string>
#include <vector>

#include "tests/bench/schedule/simulation.h"

namespace assay::simulation {

struct TableRow {
  int workers = 0;
  double stragglers = 0;  // share of the workers
  double lost = 0;
  std::vector<SimulationResult> results;  // one for each seed, at least one
};

// How many times the work / capacity, or the longest model if that is longer, a makespan may be.
double MostOfBound(const TableRow& row);

// Of the makespans that are no longer than that; each item was stored once.
int SeedsThatMeet(const TableRow& row);

// Markdown. Of several seeds a cell has the mean, and of makespan and ratios the worst as well.
std::string TableHead();
std::string TableLine(const TableRow& row);

}  // namespace assay::simulation

#endif  // ASSAY_TESTS_BENCH_SCHEDULE_RESULT_TABLE_H_
