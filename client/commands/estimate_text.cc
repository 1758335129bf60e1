#include "client/commands/estimate_text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "client/commands/job_plan.h"
#include "client/output/text.h"

namespace assay {
namespace {

constexpr double kSecondsOfHour = 3600;

std::string TimeText(double seconds) {
  return HumanDuration(absl::Seconds(std::max(1.0, std::round(seconds))));
}

std::string HoursText(double seconds) {
  const double hours = seconds / kSecondsOfHour;
  return hours < 0.1 ? absl::StrFormat("%.4f", hours) : absl::StrFormat("%.2f", hours);
}

Json EstimateJson(const v1::Estimate& estimate) {
  Json models = Json::array();
  for (const v1::ModelEstimate& model : estimate.models()) {
    models.push_back({{"model", model.model()},
                      {"runs", model.runs()},
                      {"seconds", model.seconds()},
                      {"device_seconds", model.device_seconds()},
                      {"load_seconds", model.load_seconds()},
                      {"basis", model.basis()}});
  }
  Json margin;
  if (estimate.high() > 0) {
    margin = {{"low", estimate.low()}, {"median", estimate.median()}, {"high", estimate.high()}};
  }
  return {{"seconds", estimate.seconds() > 0 ? Json(estimate.seconds()) : Json()},
          {"device_seconds", estimate.device_seconds()},
          {"workers", estimate.workers()},
          {"kinds", std::vector<std::string>(estimate.kinds().begin(), estimate.kinds().end())},
          {"finished_runs", estimate.margin_runs()},
          {"margin", std::move(margin)},
          {"models", std::move(models)}};
}

}  // namespace

std::string DescribeEstimate(const v1::Estimate& estimate) {
  if (estimate.workers() == 0) {
    return "no time is estimated: no worker is connected (`assay estimate --workers N` is for "
           "workers that are not there yet)";
  }
  const std::string kinds = EscapeLine(absl::StrJoin(estimate.kinds(), ", "));
  if (estimate.seconds() <= 0) {
    return absl::StrCat("no time is estimated: nothing is known of workers of kind ", kinds);
  }
  std::string text =
      absl::StrFormat("~%s from the start to the end, %s device-hours, by %d worker%s (%s)",
                      TimeText(estimate.seconds()), HoursText(estimate.device_seconds()),
                      estimate.workers(), estimate.workers() == 1 ? "" : "s", kinds);
  if (estimate.high() > 0) {
    absl::StrAppendFormat(
        &text,
        "; nine in ten of %d finished runs took %.2f to %.2f times as long as estimated: "
        "%s to %s",
        estimate.margin_runs(), estimate.low(), estimate.high(),
        TimeText(estimate.low() * estimate.seconds()),
        TimeText(estimate.high() * estimate.seconds()));
  } else {
    absl::StrAppendFormat(&text, "; its error is known after five finished runs (now %d)",
                          estimate.margin_runs());
  }
  return text;
}

void WriteEstimateLine(const v1::Estimate& estimate, const Console& console) {
  *console.out << "\n" << DescribeEstimate(estimate) << "\n";
}

void WriteEstimate(const v1::Estimate& estimate, OutputFormat format, const Console& console) {
  if (format == OutputFormat::kJson) {
    *console.out << DumpJson(EstimateJson(estimate), /*indented=*/true) << "\n" << std::flush;
    return;
  }
  auto writer = RecordWriter::Create(format, "models",
                                     {{"model", "model"},
                                      {"runs", "runs", Align::kRight},
                                      {"seconds", "time", Align::kRight},
                                      {"device_seconds", "device-hours", Align::kRight},
                                      {"load_seconds", "load", Align::kRight},
                                      {"basis", "estimated from"}},
                                     console);
  for (const v1::ModelEstimate& model : estimate.models()) {
    writer->Add({model.model(), model.runs(), DurationCell(model.seconds()),
                 Cell(model.device_seconds(), HoursText(model.device_seconds())),
                 Cell(model.load_seconds(), absl::StrFormat("%.1f s", model.load_seconds())),
                 model.basis()});
  }
  writer->Finish();
  if (format == OutputFormat::kTable) WriteEstimateLine(estimate, console);
  *console.out << std::flush;
}

}  // namespace assay
