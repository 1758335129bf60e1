// `assay ratings ...`: people rate what models wrote.
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "assay/v1/rating_service.grpc.pb.h"
#include "client/commands/context.h"
#include "client/commands/names.h"
#include "client/commands/other_service.h"
#include "client/commands/runs_name.h"
#include "client/output/score_cells.h"
#include "client/output/text.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

using Stub = v1::RatingService::Stub;

// Gives `command` an action that asks and shows.
void Carry(CLI::App* command, CommandContext& context, std::function<absl::Status()> show) {
  command->callback([&context, show = std::move(show)] {
    context.action = [&context, show] { return ExitCodeOf(*context.console, show()); };
  });
}

std::shared_ptr<int64_t> AddCampaign(CLI::App* command) {
  auto campaign = std::make_shared<int64_t>(0);
  command->add_option("campaign", *campaign, "The campaign's number; `assay ratings list` has them")
      ->required()
      ->check(CLI::PositiveNumber);
  return campaign;
}

void WriteTokens(const std::vector<v1::RaterToken>& tokens, const std::string& web,
                 OutputFormat format, const Console& console) {
  const std::string page(absl::StripSuffix(web, "/"));
  auto writer = RecordWriter::Create(
      format, "raters", {{"rater", "rater"}, {"link", "link"}, {"token", ""}}, console);
  for (const v1::RaterToken& token : tokens) {
    writer->Add({token.name(), absl::StrCat(page, "/#/rate/", token.token()), token.token()});
  }
  writer->Finish();
}

struct CreateOptions {
  std::vector<std::string> names;
  std::vector<std::string> raters;
  std::vector<std::string> criteria;
  int raters_per_answer = 2;
  int64_t answers = 0;
  uint64_t seed = 1;
  bool pairs = false;
  int away_minutes = 0;
  std::string name;
  std::string web = "http://127.0.0.1:7421";
};

absl::Status Create(const CommandContext& context, const CreateOptions& options,
                    OutputFormat format) {
  v1::CreateCampaignRequest request;
  for (const std::string& name : options.names) {
    ASSAY_ASSIGN_OR_RETURN(const RunsName parsed, ParseRunsName(name));
    if (parsed.run_id != 0) {
      request.add_runs(parsed.run_id);
    } else {
      request.add_jobs(parsed.job_id);
    }
  }
  request.mutable_raters()->Add(options.raters.begin(), options.raters.end());
  request.mutable_criteria()->Add(options.criteria.begin(), options.criteria.end());
  request.set_raters_per_answer(options.raters_per_answer);
  request.set_answers(options.answers);
  request.set_seed(options.seed);
  request.set_pairs(options.pairs);
  request.set_away_minutes(options.away_minutes);
  request.set_name(options.name);
  if (options.name.empty()) {
    request.set_name(absl::StrCat("ratings-", absl::StrJoin(options.names, "-")));
    for (char& c : *request.mutable_name()) c = c == ':' ? '-' : c;
  }
  ASSAY_ASSIGN_OR_RETURN(const v1::CreateCampaignResponse response,
                         CallOf<v1::RatingService>(context, &Stub::CreateCampaign, request));
  const v1::Campaign& campaign = response.campaign();
  WriteTokens({response.tokens().begin(), response.tokens().end()}, options.web, format,
              *context.console);
  *context.console->err << "campaign " << campaign.campaign_id() << ", "
                        << EscapeLine(campaign.name()) << ": " << campaign.answers() << " answers, "
                        << campaign.ratings_wanted()
                        << " ratings. Each rater needs its own link; they are not shown again\n";
  return absl::OkStatus();
}

void AddCreate(CLI::App& group, CommandContext& context) {
  CLI::App* command = group.add_subcommand("create", "Have people rate the answers of runs");
  auto options = std::make_shared<CreateOptions>();
  command
      ->add_option("--job", options->names,
                   "Jobs of answers by number, with all their runs; or single runs as run:NUMBER")
      ->required()
      ->delimiter(',')
      ->type_name("JOB|run:RUN,...");
  command->add_option("--raters", options->raters, "Names of the people who rate")
      ->required()
      ->delimiter(',')
      ->type_name("NAME,...");
  command->add_option("--name", options->name, "Of the campaign (default: made of the jobs)")
      ->type_name("NAME");
  command
      ->add_option("--raters-per-answer", options->raters_per_answer,
                   "How many of them rate each answer")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_flag("--pairs", options->pairs, "Show two models' answers to a task side by side");
  command->add_option("--criteria", options->criteria, "relevance, coherence (default: both)")
      ->delimiter(',')
      ->type_name("C,...");
  command->add_option("--answers", options->answers, "Of each run so many at most, drawn at random")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  command
      ->add_option("--away-minutes", options->away_minutes,
                   "Give what a rater leaves undone for so long to those that are done with theirs "
                   "(default: it waits)")
      ->check(CLI::Range(1, 100000))
      ->type_name("N");
  command->add_option("--seed", options->seed, "Of the draw and of who rates what")
      ->capture_default_str();
  command->add_option("--web", options->web, "Address of the web page, for the raters' links")
      ->type_name("URL")
      ->capture_default_str();
  const auto format = AddFormatOption(command);
  Carry(command, context,
        [&context, options, format] { return Create(context, *options, *format); });
}

absl::Status List(const CommandContext& context, OutputFormat format) {
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListCampaignsResponse response,
      CallOf<v1::RatingService>(context, &Stub::ListCampaigns, v1::ListCampaignsRequest()));
  auto writer = RecordWriter::Create(format, "campaigns",
                                     {{"campaign_id", "campaign", Align::kRight},
                                      {"name", "name"},
                                      {"created", "created"},
                                      {"closed", "closed"},
                                      {"pairs", "pairs"},
                                      {"answers", "answers", Align::kRight},
                                      {"ratings_done", "ratings", Align::kRight},
                                      {"ratings_wanted", "of", Align::kRight}},
                                     *context.console);
  for (const v1::Campaign& campaign : response.campaigns()) {
    writer->Add({campaign.campaign_id(), campaign.name(),
                 TimeCell(campaign.has_created(), campaign.created(), absl::LocalTimeZone()),
                 Cell(campaign.closed(), campaign.closed() ? "yes" : "no"),
                 Cell(campaign.pairs(), campaign.pairs() ? "yes" : "no"), campaign.answers(),
                 campaign.ratings_done(), campaign.ratings_wanted()});
  }
  writer->Finish();
  return absl::OkStatus();
}

void WriteRaters(const v1::Campaign& campaign, OutputFormat format, const Console& console) {
  auto writer = RecordWriter::Create(format, "raters",
                                     {{"rater", "rater"},
                                      {"tasks", "tasks", Align::kRight},
                                      {"tasks_done", "done", Align::kRight},
                                      {"last_rated", "last rated"}},
                                     console);
  for (const v1::RaterProgress& rater : campaign.raters()) {
    writer->Add({rater.name(), rater.tasks(), rater.tasks_done(),
                 TimeCell(rater.has_last_rated(), rater.last_rated(), absl::LocalTimeZone())});
  }
  writer->Finish();
}

absl::Status Show(const CommandContext& context, int64_t campaign, OutputFormat format) {
  v1::GetCampaignRequest request;
  request.set_campaign_id(campaign);
  ASSAY_ASSIGN_OR_RETURN(const v1::Campaign found,
                         CallOf<v1::RatingService>(context, &Stub::GetCampaign, request));
  WriteRaters(found, format, *context.console);
  return absl::OkStatus();
}

absl::Status Close(const CommandContext& context, int64_t campaign, OutputFormat format) {
  v1::CloseCampaignRequest request;
  request.set_campaign_id(campaign);
  ASSAY_ASSIGN_OR_RETURN(const v1::Campaign closed,
                         CallOf<v1::RatingService>(context, &Stub::CloseCampaign, request));
  WriteRaters(closed, format, *context.console);
  return absl::OkStatus();
}

absl::Status Renew(const CommandContext& context, int64_t campaign, const std::string& rater,
                   const std::string& web, OutputFormat format) {
  v1::RenewRaterTokenRequest request;
  request.set_campaign_id(campaign);
  request.set_rater(rater);
  ASSAY_ASSIGN_OR_RETURN(const v1::RaterToken token,
                         CallOf<v1::RatingService>(context, &Stub::RenewRaterToken, request));
  WriteTokens({token}, web, format, *context.console);
  return absl::OkStatus();
}

absl::Status Export(const CommandContext& context, int64_t campaign, OutputFormat format) {
  v1::ExportRatingsRequest request;
  request.set_campaign_id(campaign);
  ASSAY_ASSIGN_OR_RETURN(const v1::ExportRatingsResponse response,
                         CallOf<v1::RatingService>(context, &Stub::ExportRatings, request));
  auto writer = RecordWriter::Create(format, "ratings",
                                     {{"rater", "rater"},
                                      {"run_id", "run", Align::kRight},
                                      {"model", "model"},
                                      {"item_id", "item"},
                                      {"group", "category"},
                                      {"criterion", "criterion"},
                                      {"rating", "rating", Align::kRight},
                                      {"rated", "rated"},
                                      {"seconds", "seconds", Align::kRight},
                                      {"task", ""},
                                      {"place", ""}},
                                     *context.console);
  for (const v1::ExportedRating& rating : response.ratings()) {
    writer->Add({rating.rater(), rating.run_id(), rating.model(), rating.item_id(), rating.group(),
                 rating.criterion(), rating.rating(),
                 TimeCell(rating.has_rated(), rating.rated(), absl::LocalTimeZone()),
                 Cell(NumberJson(rating.seconds()), absl::StrFormat("%.1f", rating.seconds())),
                 rating.task(), rating.place()});
  }
  writer->Finish();
  return absl::OkStatus();
}

Cell CoefficientCell(double value) {
  return Cell(NumberJson(value), std::isnan(value) ? "-" : absl::StrFormat("%.3f", value));
}

Cell CoefficientsCell(double low, double high) {
  return Cell(NumberJson(low), std::isnan(low) ? "-" : absl::StrFormat("%.3f … %.3f", low, high));
}

// Who agrees with whom: all people together, two of them, and people with a judge.
std::vector<Cell> PairRow(const std::string& criterion, const v1::RaterPairAgreement& pair) {
  return {criterion,
          pair.first(),
          pair.second(),
          pair.answers(),
          Cell(Json(), ""),
          CoefficientCell(pair.spearman()),
          CoefficientsCell(pair.spearman_low(), pair.spearman_high()),
          NumberJson(pair.spearman_high()),
          CoefficientCell(pair.kendall()),
          PercentCell(pair.equal()),
          Cell(NumberJson(pair.difference()),
               std::isnan(pair.difference()) ? "-" : absl::StrFormat("%+.2f", pair.difference()))};
}

absl::Status Agreement(const CommandContext& context, int64_t campaign, OutputFormat format) {
  v1::GetRatingAgreementRequest request;
  request.set_campaign_id(campaign);
  ASSAY_ASSIGN_OR_RETURN(const v1::RatingAgreement response,
                         CallOf<v1::RatingService>(context, &Stub::GetRatingAgreement, request));
  auto writer = RecordWriter::Create(format, "agreements",
                                     {{"criterion", "criterion"},
                                      {"first", "A"},
                                      {"second", "B"},
                                      {"answers", "answers", Align::kRight},
                                      {"alpha", "Krippendorff's alpha", Align::kRight},
                                      {"spearman", "Spearman", Align::kRight},
                                      {"low", "95% interval", Align::kRight},
                                      {"high", ""},
                                      {"kendall", "Kendall", Align::kRight},
                                      {"equal", "equal (%)", Align::kRight},
                                      {"difference", "A − B", Align::kRight}},
                                     *context.console);
  for (const v1::CriterionAgreement& criterion : response.criteria()) {
    writer->Add({criterion.criterion(), "all people", "", criterion.answers(),
                 CoefficientCell(criterion.alpha()), Cell(Json(), ""),
                 CoefficientsCell(criterion.alpha_low(), criterion.alpha_high()),
                 NumberJson(criterion.alpha_high()), Cell(Json(), ""), Cell(Json(), ""),
                 Cell(Json(), "")});
    for (const v1::RaterPairAgreement& pair : criterion.pairs()) {
      writer->Add(PairRow(criterion.criterion(), pair));
    }
    for (const v1::RaterPairAgreement& judge : criterion.judges()) {
      writer->Add(PairRow(criterion.criterion(), judge));
    }
  }
  writer->Finish();
  return absl::OkStatus();
}

using CampaignAction = absl::Status (*)(const CommandContext&, int64_t, OutputFormat);

void AddOfCampaign(CLI::App& group, CommandContext& context, const std::string& name,
                   const std::string& what, CampaignAction action) {
  CLI::App* command = group.add_subcommand(name, what);
  const std::shared_ptr<int64_t> campaign = AddCampaign(command);
  const auto format = AddFormatOption(command);
  Carry(command, context,
        [&context, campaign, format, action] { return action(context, *campaign, *format); });
}

void AddRenew(CLI::App& group, CommandContext& context) {
  CLI::App* command =
      group.add_subcommand("renew", "A new link for a rater who has lost it; the old one ends");
  const std::shared_ptr<int64_t> campaign = AddCampaign(command);
  auto rater = std::make_shared<std::string>();
  auto web = std::make_shared<std::string>("http://127.0.0.1:7421");
  command->add_option("rater", *rater, "The rater's name")->required();
  command->add_option("--web", *web, "Address of the web page, for the link")
      ->type_name("URL")
      ->capture_default_str();
  const auto format = AddFormatOption(command);
  Carry(command, context, [&context, campaign, rater, web, format] {
    return Renew(context, *campaign, *rater, *web, *format);
  });
}

}  // namespace

void AddRatingsCommands(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand(
      "ratings", "Campaigns in which people rate what models wrote, on the web page");
  group->require_subcommand(1);
  AddCreate(*group, context);
  CLI::App* list = group->add_subcommand("list", "All campaigns");
  const auto format = AddFormatOption(list);
  Carry(list, context, [&context, format] { return List(context, *format); });
  AddOfCampaign(*group, context, "show", "How far a campaign's raters are", Show);
  AddOfCampaign(*group, context, "close", "End a campaign: no more ratings are taken", Close);
  AddRenew(*group, context);
  AddOfCampaign(*group, context, "export", "Every rating, with the model that it is of", Export);
  AddOfCampaign(*group, context, "agreement",
                "How far people agree with each other, and with judges of the same answers",
                Agreement);
}

}  // namespace assay
