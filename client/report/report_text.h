// How numbers stand in sentences and cells of the report.
#ifndef ASSAY_CLIENT_REPORT_REPORT_TEXT_H_
#define ASSAY_CLIENT_REPORT_REPORT_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "client/output/record_writer.h"
#include "client/report/report.h"
#include "common/statistics/estimate.h"

namespace assay {

// In percent, or as a rating: 0.4123 is "41.2", a rating of 3.456 is "3.46".
double Shown(const std::string& key, double value);
Cell ScoreCell(const std::string& key, const TableScore* score);
// Intervals take two cells: that of the low end shows both ends, "40.10–42.30", that of the high
// end belongs to a column without a title.
Cell ScoreLowCell(const std::string& key, const TableScore* score);
Cell ScoreHighCell(const TableScore* score);
const TableScore* FindScore(const ReportModel& model, const std::string& key);
std::optional<Interval> ShownInterval(const std::string& key, const TableScore& score);

// A difference of shares, in points: "+1.2"; of ratings as it is.
std::string DifferenceText(const std::string& key, double value);
// "+1.2 (95%: -0.3 … +2.7)", or the value alone.
std::string DifferenceText(const std::string& key, const Estimate& difference);
Cell DifferenceCell(const std::string& key, double value);
Cell DifferenceLowCell(const std::string& key, const Interval& interval);

// "0.83", with its interval where it has one: "0.83 (95%: 0.61 … 0.93)".
std::string CoefficientText(double value, const Interval& interval);
Cell CoefficientCell(double value);
Cell CoefficientLowCell(const Interval& interval);
Cell HighCell(const Interval& interval);

// "1 model", "3 models".
std::string Counted(int64_t count, absl::string_view one);
// What a sentence about a population begins with: "Our runs: ".
std::string Opening(const Population& population);
// "ours", "instructeval": for names of files.
std::string FileWord(const Population& population);

}  // namespace assay

#endif  // ASSAY_CLIENT_REPORT_REPORT_TEXT_H_
