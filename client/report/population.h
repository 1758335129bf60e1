// Who is compared with whom.
#ifndef ASSAY_CLIENT_REPORT_POPULATION_H_
#define ASSAY_CLIENT_REPORT_POPULATION_H_

#include <string>
#include <vector>

#include "client/report/report.h"

namespace assay {

// Every column of the leaderboard's views, each once, and one for each other benchmark of the
// cells.
std::vector<LeaderboardColumn> ReportColumns(const std::vector<LeaderboardCell>& cells);

// Our models first, then a population for each publisher, whose tables are joined: rows of several
// tables are one model where the facts say so, or where name and size are the same. `known` fills
// in facts that `data` has not.
std::vector<Population> MakePopulations(const LeaderboardData& data,
                                        const std::vector<ModelFacts>& known);

// The keys that at least `least` of the population's models have a score for, in the leaderboard's
// order; shares only, or ratings only.
std::vector<std::string> SharedKeys(const Population& population, size_t least, bool ratings);

// What "overall" means for the population: the average of the five benchmarks where two models have
// one, otherwise the benchmark that most models have. Empty: no shares at all.
std::string HeadlineKey(const Population& population);

// "flan-t5-xl (3B)", or the name alone where it tells the size or the size is not known.
std::string ModelLabel(const ReportModel& model);

}  // namespace assay

#endif  // ASSAY_CLIENT_REPORT_POPULATION_H_
