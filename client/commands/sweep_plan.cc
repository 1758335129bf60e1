#include "client/commands/sweep_plan.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/commands/asking_options.h"
#include "client/commands/estimate_text.h"
#include "client/commands/job_plan.h"
#include "client/commands/names.h"
#include "client/output/text.h"

namespace assay {
namespace {

std::vector<Cell> Row(const v1::RunSpec& spec, std::vector<Cell> cost, Cell state) {
  const v1::RunSettings& settings = spec.settings();
  std::vector<Cell> row = {spec.model_name(),
                           spec.dataset_name(),
                           settings.protocol(),
                           settings.has_shots() ? Json(settings.shots()) : Json(),
                           NameOf(settings.precision()),
                           settings.limit()};
  AddAskingCells(settings, &row);
  for (Cell& cell : cost) row.push_back(std::move(cell));
  row.push_back(std::move(state));
  return row;
}

}  // namespace

void WriteSweepPlan(const v1::PlanSweepResponse& plan, OutputFormat format,
                    const Console& console) {
  std::vector<Column> columns = {{"model", "model"},         {"dataset", "benchmark"},
                                 {"protocol", "protocol"},   {"shots", "shots", Align::kRight},
                                 {"precision", "precision"}, {"limit", ""}};
  AddAskingColumns(HasSettings(plan.runs()), &columns);
  const std::vector<Column> costs = {{"items", "items", Align::kRight},
                                     {"prompt_tokens", "prompt tokens", Align::kRight},
                                     {"generated_tokens", "generated tokens", Align::kRight},
                                     {"seconds", "time", Align::kRight},
                                     {"cost", ""},
                                     {"existing_run", ""},
                                     {"state", "state"}};
  columns.insert(columns.end(), costs.begin(), costs.end());
  auto writer = RecordWriter::Create(format, "runs", columns, console);
  int64_t items = 0, prompt_tokens = 0, generated_tokens = 0;
  double cost = 0;
  for (const v1::RunPlan& run : plan.runs()) {
    items += run.items();
    prompt_tokens += run.prompt_tokens();
    generated_tokens += run.generated_tokens();
    cost += run.cost();
    writer->Add(Row(run.spec(),
                    {run.items(), TokensCell("~", run.prompt_tokens()),
                     TokensCell("≤ ", run.generated_tokens()), DurationCell(run.seconds()),
                     run.has_cost() ? Json(run.cost()) : Json(), Json()},
                    Cell("new", "to be done")));
  }
  for (const v1::ExistingRun& run : plan.existing()) {
    const std::string state = NameOf(run.state());
    writer->Add(Row(run.spec(), {Json(), Json(), Json(), Json(), Json(), run.spec().run_id()},
                    Cell(state, absl::StrCat(state, ": run ", run.spec().run_id(), " of job ",
                                             run.spec().job_id()))));
  }
  writer->Finish();
  if (format != OutputFormat::kTable) return;
  *console.out << absl::StrFormat(
      "%d runs to be done, %d there already; %s items, ~%s prompt tokens, ≤ %s generated tokens",
      plan.runs_size(), plan.existing_size(), HumanCount(static_cast<double>(items)),
      HumanCount(static_cast<double>(prompt_tokens)),
      HumanCount(static_cast<double>(generated_tokens)));
  if (cost > 0) *console.out << absl::StrFormat(", at most %.4f to pay", cost);
  *console.out << "\n";
  if (!plan.runs().empty()) *console.out << DescribeEstimate(plan.estimate()) << "\n";
  *console.out << std::flush;
}

}  // namespace assay
