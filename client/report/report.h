// What `assay report` tells: sections with findings, tables and figures, made from scores that are
// there already.
#ifndef ASSAY_CLIENT_REPORT_REPORT_H_
#define ASSAY_CLIENT_REPORT_REPORT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/output/record_writer.h"
#include "common/domain/baseline.h"
#include "common/domain/model_facts.h"
#include "common/leaderboard/leaderboard.h"
#include "common/leaderboard/table.h"
#include "common/statistics/estimate.h"

namespace assay {

struct ReportModel {
  std::string name;
  ModelFacts facts;
  std::map<std::string, TableScore> scores;  // by the leaderboard's keys
};

// Models whose scores may be compared: our own runs, or the tables of one publisher.
struct Population {
  std::string name;
  bool is_ours = false;
  std::vector<std::string> keys;  // of the columns there may be, in their order
  std::vector<ReportModel> models;
};

// What examples in the prompt brought to one of our models, item by item.
struct ShotsDifference {
  std::string model;
  std::string benchmark;
  int few_shots = 0;
  double few = 0;
  double zero = 0;
  Estimate difference;
};

// How two raters of one criterion, or all of them, agree.
struct RaterAgreement {
  std::string criterion;
  std::string raters;  // "people", "people and judge-model"
  int64_t units = 0;   // answers that at least two have rated
  std::string measure;
  double value = kUndefined;
  Interval interval;
};

struct ReportInput {
  std::vector<Population> populations;
  std::vector<LeaderboardCell> cells;  // of our runs, with groups
  std::vector<Baseline> baselines;
  std::vector<ShotsDifference> shots;
  std::vector<RaterAgreement> agreement;
  // The first run's score less the second's, paired by item. Unset: there are no items.
  std::function<absl::StatusOr<Estimate>(int64_t first_run, int64_t second_run)> paired;
};

// Ratings, from 1 to 5, stand in columns of their own; all others are shares.
bool IsRatingKey(absl::string_view key);
std::string TitleOfKey(const std::string& key);

struct ReportTable {
  std::string name;  // of its CSV file, without ".csv"
  std::string title;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

struct ReportFigure {
  std::string caption;  // with the number of models, and what the bars are
  std::string svg;
};

struct ReportSection {
  std::string id;  // of the page's anchors
  std::string title;
  std::string question;
  std::vector<std::string> findings;  // what the data say, each with its n and interval
  std::vector<std::string> limits;    // what they cannot say, and why
  std::vector<ReportFigure> figures;
  std::vector<ReportTable> tables;
};

// All sections, in order. An error is one of drawing or of `paired`.
absl::StatusOr<std::vector<ReportSection>> MakeReport(const ReportInput& input);

}  // namespace assay

#endif  // ASSAY_CLIENT_REPORT_REPORT_H_
