#include "client/commands/job_plan.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/commands/asking_options.h"
#include "client/commands/estimate_text.h"
#include "client/commands/names.h"
#include "client/output/text.h"

namespace assay {

Cell DurationCell(double seconds) {
  if (seconds <= 0) return Cell(Json(), "unknown");
  return Cell(seconds,
              absl::StrCat("~", HumanDuration(absl::Seconds(std::max(1.0, std::round(seconds))))));
}

Cell TokensCell(const char* mark, int64_t tokens) {
  return Cell(tokens, absl::StrCat(mark, HumanCount(static_cast<double>(tokens))));
}

bool HasSettings(const google::protobuf::RepeatedPtrField<v1::RunPlan>& runs) {
  return std::any_of(runs.begin(), runs.end(), [](const v1::RunPlan& run) {
    return !DescribeAsking(run.spec().settings()).empty();
  });
}

void WritePlan(const v1::PlanJobResponse& plan, OutputFormat format, const Console& console) {
  const bool table = format == OutputFormat::kTable;
  std::vector<Column> columns = {{"dataset", "benchmark"},
                                 {"benchmark", ""},
                                 {"model", "model"},
                                 {"protocol", "protocol"},
                                 {"protocol_version", ""},
                                 {"shots", "shots", Align::kRight},
                                 {"precision", "precision"},
                                 {"limit", ""},
                                 {"items", "items", Align::kRight},
                                 {"shards", "shards", Align::kRight},
                                 {"prompt_tokens", "prompt tokens", Align::kRight},
                                 {"generated_tokens", "generated tokens", Align::kRight},
                                 {"seconds", "time", Align::kRight},
                                 {"cost", ""},
                                 {"first_item_id", "first item"},
                                 {"first_prompt", ""}};
  AddAskingColumns(HasSettings(plan.runs()), &columns);
  auto writer = RecordWriter::Create(format, "runs", std::move(columns), console);
  bool no_worker = false;
  for (const v1::RunPlan& run : plan.runs()) {
    const v1::RunSettings& settings = run.spec().settings();
    no_worker |= run.seconds() <= 0;
    std::vector<Cell> cells = {run.spec().dataset_name(),
                               run.spec().benchmark(),
                               run.spec().model_name(),
                               settings.protocol(),
                               settings.protocol_version(),
                               settings.has_shots() ? Json(settings.shots()) : Json(),
                               NameOf(settings.precision()),
                               settings.limit(),
                               run.items(),
                               run.shards(),
                               TokensCell("~", run.prompt_tokens()),
                               TokensCell("≤ ", run.generated_tokens()),
                               DurationCell(run.seconds()),
                               run.has_cost() ? Json(run.cost()) : Json(),
                               run.first_item_id(),
                               run.first_prompt()};
    AddAskingCells(settings, &cells);
    writer->Add(std::move(cells));
  }
  writer->Finish();
  if (!table) return;
  for (const v1::RunPlan& run : plan.runs()) {
    if (!run.has_cost()) continue;
    *console.out << EscapeLine(run.spec().dataset_name()) << " by "
                 << EscapeLine(run.spec().model_name()) << " costs about "
                 << absl::StrFormat("%.4f", run.cost())
                 << " when all answers are as long as they may be\n";
  }
  for (const v1::RunPlan& run : plan.runs()) {
    *console.out << "\n"
                 << Toned(absl::StrCat("first prompt of ", EscapeLine(run.spec().dataset_name()),
                                       " for ", EscapeLine(run.spec().model_name()), " (",
                                       EscapeLine(run.first_item_id()), "):"),
                          Tone::kDim, console.out_colour)
                 << "\n"
                 << EscapeControls(run.first_prompt()) << "\n";
  }
  if (plan.has_estimate()) WriteEstimateLine(plan.estimate(), console);
  *console.out << std::flush;
  if (no_worker) *console.err << "no time is estimated while no worker is connected\n";
}

}  // namespace assay
