#include "client/commands/job_plan.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/commands/asking_options.h"
#include "client/commands/names.h"
#include "client/output/text.h"

namespace assay {

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
  const bool has_settings = std::any_of(
      plan.runs().begin(), plan.runs().end(),
      [](const v1::RunPlan& run) { return !DescribeAsking(run.spec().settings()).empty(); });
  AddAskingColumns(has_settings, &columns);
  auto writer = RecordWriter::Create(format, "runs", std::move(columns), console);
  bool no_worker = false;
  for (const v1::RunPlan& run : plan.runs()) {
    const v1::RunSettings& settings = run.spec().settings();
    const auto about = [](const char* mark, int64_t count) {
      return Cell(count, absl::StrCat(mark, HumanCount(static_cast<double>(count))));
    };
    const bool known = run.seconds() > 0;
    no_worker |= !known;
    std::vector<Cell> cells = {
        run.spec().dataset_name(),
        run.spec().benchmark(),
        run.spec().model_name(),
        settings.protocol(),
        settings.protocol_version(),
        settings.has_shots() ? Json(settings.shots()) : Json(),
        NameOf(settings.precision()),
        settings.limit(),
        run.items(),
        run.shards(),
        about("~", run.prompt_tokens()),
        about("≤ ", run.generated_tokens()),
        known ? Cell(run.seconds(), absl::StrCat("~", HumanDuration(absl::Seconds(std::max(
                                                          1.0, std::round(run.seconds()))))))
              : Cell(Json(), "unknown"),
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
  *console.out << std::flush;
  if (no_worker) *console.err << "no time is estimated while no worker is connected\n";
}

}  // namespace assay
