#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/commands/context.h"
#include "client/commands/names.h"
#include "client/output/text.h"
#include "common/base/status_macros.h"
#include "common/domain/prediction.h"

namespace assay {
namespace {

constexpr int64_t kTableLimit = 100;
constexpr int kPageSize = 200;
constexpr int kTextWidth = 48;

struct PredictionsOptions {
  int64_t job_id = 0;
  std::string benchmark;
  std::string model;
  std::string item;
  bool wrong = false;
  std::vector<std::string> verdicts;  // empty: all
  std::optional<int64_t> limit;       // 0: all
  OutputFormat format = OutputFormat::kTable;

  int64_t Limit() const {
    const int64_t wanted = limit.value_or(format == OutputFormat::kTable ? kTableLimit : 0);
    return wanted == 0 ? std::numeric_limits<int64_t>::max() : wanted;
  }
};

// Of the log-likelihood `index`. An item that is asked in several ways has all of its choices again
// for each: "A#2".
std::string ChoiceLabel(const v1::GradedPrediction& graded, int index) {
  const int choices = graded.choices_size();
  if (choices == 0) return absl::StrCat(index);
  const std::string& label = graded.choices(index % choices);
  return index < choices ? label : absl::StrCat(label, "#", index / choices + 1);
}

Json Choices(const v1::GradedPrediction& graded) {
  Json choices = Json::object();
  for (int i = 0; i < graded.prediction().choice_loglikelihoods_size(); ++i) {
    choices[ChoiceLabel(graded, i)] = graded.prediction().choice_loglikelihoods(i);
  }
  return choices;
}

std::string Flags(const v1::Prediction& prediction) {
  std::vector<absl::string_view> flags;
  if (prediction.over_max_input()) flags.push_back("over max input");
  if (prediction.truncated()) flags.push_back("truncated");
  return absl::StrJoin(flags, ", ");
}

// What the model answered; for choices the best one, for a program what became of it.
std::string Answer(const v1::GradedPrediction& graded) {
  const v1::Prediction& prediction = graded.prediction();
  if (!prediction.error().empty()) return absl::StrCat("error: ", prediction.error());
  if (!prediction.program_outcome().empty()) return prediction.program_outcome();
  if (prediction.choice_loglikelihoods_size() == 0) {
    return prediction.output().empty() ? "\"\"" : prediction.output();
  }
  const auto& values = prediction.choice_loglikelihoods();
  // Asked in several ways, it is all the answers together that count.
  if (values.size() > graded.choices_size()) return graded.score().extracted();
  const auto best = std::max_element(values.begin(), values.end());
  return absl::StrFormat("%s (%.3f)", ChoiceLabel(graded, static_cast<int>(best - values.begin())),
                         *best);
}

std::vector<Column> PredictionColumns() {
  return {{"run_id", ""},
          {"benchmark", ""},
          {"model", "model"},
          {"group", ""},
          {"item_id", "item"},
          {"sample_index", ""},
          {"verdict", "verdict"},
          {"target", "target", Align::kLeft, kTextWidth},
          {"output", "output", Align::kLeft, kTextWidth},
          {"extracted", ""},
          {"grader", ""},
          {"grader_version", ""},
          {"prompt_tokens", "prompt", Align::kRight},
          {"cached_tokens", "cached", Align::kRight},
          {"output_token_ids", "new", Align::kRight},
          {"shots_used", "shots", Align::kRight},
          {"over_max_input", ""},
          {"truncated", "flags"},
          {"finish_reason", ""},
          {"choice_loglikelihoods", ""},
          {"program_outcome", ""},
          {"error", ""},
          {"reused_run", ""},
          {"prompt_sha256", ""},
          {"prompt", ""}};
}

std::vector<Cell> PredictionRow(const v1::GradedPrediction& graded) {
  const v1::Prediction& prediction = graded.prediction();
  const std::string flags = Flags(prediction);
  Json tokens = Json::array();
  for (const int32_t id : prediction.output_token_ids()) tokens.push_back(id);
  return {graded.run_id(),
          graded.benchmark(),
          graded.model(),
          graded.group(),
          prediction.item_id(),
          prediction.sample_index(),
          VerdictCell(graded.score().verdict()),
          graded.target(),
          Cell(prediction.output(), Answer(graded)),
          graded.score().extracted(),
          graded.score().grader(),
          graded.score().grader_version(),
          prediction.prompt_tokens(),
          prediction.cached_tokens(),
          Cell(std::move(tokens), absl::StrCat(prediction.output_token_ids_size())),
          prediction.shots_used(),
          prediction.over_max_input(),
          Cell(prediction.truncated(), flags.empty() ? "-" : flags),
          NameOf(prediction.finish_reason()),
          Choices(graded),
          prediction.program_outcome(),
          prediction.error(),
          prediction.reused_run() == 0 ? Json() : Json(prediction.reused_run()),
          prediction.prompt_sha256(),
          prediction.prompt()};
}

// Everything about one prediction, for reading.
void WriteWhole(const v1::GradedPrediction& graded, const Console& console) {
  const v1::Prediction& prediction = graded.prediction();
  const auto line = [&](absl::string_view name, absl::string_view value) {
    *console.out << Toned(absl::StrFormat("%-14s", name), Tone::kDim, console.out_colour)
                 << EscapeLine(value) << "\n";
  };
  line("item", prediction.item_id());
  line("model", graded.model());
  line("benchmark", absl::StrCat(graded.benchmark(), " (", graded.group(), ")"));
  line("verdict", NameOf(graded.score().verdict()));
  line("target", graded.target());
  if (!prediction.error().empty()) line("error", prediction.error());
  line("extracted", graded.score().extracted());
  line("grader",
       absl::StrCat(graded.score().grader(), " version ", graded.score().grader_version()));
  line("prompt", absl::StrCat(prediction.prompt_tokens(), " tokens, ", prediction.cached_tokens(),
                              " of them cached, ", prediction.shots_used(), " shots"));
  line("prompt sha256", prediction.prompt_sha256());
  if (prediction.reused_run() != 0) {
    line("computed", absl::StrCat("by run ", prediction.reused_run(), ", and taken from there"));
  }
  line("output", absl::StrCat(prediction.output_token_ids_size(), " tokens, finish reason ",
                              NameOf(prediction.finish_reason())));
  if (const std::string flags = Flags(prediction); !flags.empty()) line("flags", flags);
  if (!prediction.program_outcome().empty()) line("program", prediction.program_outcome());
  for (int i = 0; i < prediction.choice_loglikelihoods_size(); ++i) {
    line(absl::StrCat("choice ", ChoiceLabel(graded, i)),
         absl::StrFormat("%.6f", prediction.choice_loglikelihoods(i)));
  }
  const auto block = [&](absl::string_view name, absl::string_view text) {
    *console.out << Toned(absl::StrCat("--- ", name), Tone::kDim, console.out_colour) << "\n"
                 << EscapeControls(text) << "\n";
  };
  block("prompt", prediction.prompt());
  block("output", prediction.output());
  *console.out << "\n";
}

// Calls `take` with each prediction, page by page, up to the limit. True when there are more.
template <typename Take>
absl::StatusOr<bool> ForEach(Service& service, const PredictionsOptions& options, Take take) {
  v1::ListPredictionsRequest request;
  request.set_job_id(options.job_id);
  request.set_benchmark(options.benchmark);
  request.set_model(options.model);
  request.set_item_id(options.item);
  request.set_only_wrong(options.wrong);
  for (const std::string& name : options.verdicts) {
    ASSAY_ASSIGN_OR_RETURN(const Verdict verdict, ParseVerdict(name));
    request.add_verdicts(static_cast<v1::Verdict>(static_cast<int>(verdict) + 1));
  }
  int64_t left = options.Limit();
  while (true) {
    request.set_page_size(static_cast<int>(std::min<int64_t>(left, kPageSize)));
    ASSAY_ASSIGN_OR_RETURN(const v1::ListPredictionsResponse page,
                           service.Call(&v1::EvaluationService::Stub::ListPredictions, request));
    for (const v1::GradedPrediction& graded : page.predictions()) {
      if (left-- == 0) return true;
      take(graded);
    }
    if (page.next_page_token().empty()) return false;
    if (left == 0) return true;
    request.set_page_token(page.next_page_token());
  }
}

absl::Status Show(const CommandContext& context, const PredictionsOptions& options) {
  const Console& console = *context.console;
  Service service = context.Connect();
  int64_t shown = 0;
  bool more = false;
  if (options.format == OutputFormat::kTable && !options.item.empty()) {
    ASSAY_ASSIGN_OR_RETURN(more, ForEach(service, options, [&](const v1::GradedPrediction& graded) {
                             WriteWhole(graded, console);
                             ++shown;
                           }));
  } else {
    auto writer = RecordWriter::Create(options.format, "predictions", PredictionColumns(), console);
    ASSAY_ASSIGN_OR_RETURN(more, ForEach(service, options, [&](const v1::GradedPrediction& graded) {
                             writer->Add(PredictionRow(graded));
                             ++shown;
                           }));
    writer->Finish();
  }
  *console.out << std::flush;
  if (!options.item.empty() && shown == 0) {
    return absl::NotFoundError(absl::StrCat("job ", options.job_id, " has no such prediction of \"",
                                            options.item, "\" (yet)"));
  }
  if (more && !options.limit.has_value()) {
    *console.err << "these are the first " << shown << "; --limit 0 shows all\n";
  }
  return absl::OkStatus();
}

}  // namespace

void AddPredictionsCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand(
      "predictions", "What the models answered, item by item; json and csv have everything");
  auto options = std::make_shared<PredictionsOptions>();
  command->add_option("job", options->job_id, "The job's number")
      ->required()
      ->check(CLI::PositiveNumber);
  command->add_flag("--wrong", options->wrong, "All but right answers");
  command
      ->add_option("--verdict", options->verdicts,
                   "Only these: correct, wrong, unanswered, unparsable, error")
      ->type_name("V")
      ->delimiter(',');
  command->add_option("--item", options->item, "Only this item, with its prompt and all the rest")
      ->type_name("ID");
  command->add_option("--model", options->model, "Only this model")->type_name("M");
  command->add_option("--benchmark", options->benchmark, "Only this data set")->type_name("B");
  command->add_option("--limit", options->limit, "At most so many; 0: all (table: 100, else all)")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  auto format = AddFormatOption(command);
  command->callback([&context, options, format] {
    context.action = [&context, options, format] {
      options->format = *format;
      return ExitCodeOf(*context.console, Show(context, *options));
    };
  });
}

}  // namespace assay
