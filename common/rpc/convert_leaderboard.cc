#include "common/rpc/convert_leaderboard.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"

namespace assay {
namespace {

// Here an unspecified value is the domain's "unknown".
static_assert(v1::TRAINING_METHOD_RLHF == static_cast<int>(TrainingMethod::kRlhf));
static_assert(v1::TUNING_LORA == static_cast<int>(Tuning::kLora));
static_assert(v1::BASELINE_KIND_WRITING == static_cast<int>(BaselineKind::kWriting) + 1);

template <typename Domain, typename Proto>
absl::StatusOr<Domain> KnownOrNot(absl::string_view field, Proto value, bool (*is_valid)(int)) {
  const int number = static_cast<int>(value);
  if (is_valid(number)) return static_cast<Domain>(number);
  return FieldError(field, absl::StrCat("unknown value ", number));
}

absl::StatusOr<OmissionReason> ReasonFromName(absl::string_view name) {
  for (int i = 0; i <= static_cast<int>(OmissionReason::kUnfinished); ++i) {
    const auto reason = static_cast<OmissionReason>(i);
    if (OmissionReasonName(reason) == name) return reason;
  }
  return FieldError("LeaderboardOmission.reason", absl::StrCat("unknown value \"", name, "\""));
}

absl::StatusOr<BaselineRow> RowFromProto(const v1::BaselineRow& proto) {
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("BaselineRow.line", proto.line(), 1));
  const std::string field = absl::StrCat("BaselineRow.", proto.line());
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty(field + ".model", proto.model()));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast(field + ".parameters", proto.parameters(), 0));
  for (const auto& [column, score] : proto.scores()) {
    ASSAY_RETURN_IF_ERROR(CheckNotNegative(absl::StrCat(field, ".scores[", column, "]"), score));
  }
  BaselineRow row;
  row.line = proto.line();
  row.model = proto.model();
  row.source = proto.source();
  row.foundation = proto.foundation();
  row.parameters = proto.parameters();
  row.scores.insert(proto.scores().begin(), proto.scores().end());
  return row;
}

v1::LeaderboardCell CellToProto(const LeaderboardCell& cell) {
  v1::LeaderboardCell proto;
  *proto.mutable_run() = ToProto(cell.run);
  proto.set_model(cell.model);
  proto.set_state(EnumToProto<v1::State>(cell.state));
  proto.set_items(cell.items);
  proto.set_items_done(cell.items_done);
  proto.set_partial(cell.partial);
  for (const Metric& metric : cell.metrics) *proto.add_metrics() = ToProto(metric);
  return proto;
}

absl::StatusOr<LeaderboardCell> CellFromProto(const v1::LeaderboardCell& proto) {
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("LeaderboardCell.model", proto.model()));
  LeaderboardCell cell;
  ASSAY_ASSIGN_OR_RETURN(cell.run, FromProto(proto.run()));
  cell.model = proto.model();
  ASSAY_ASSIGN_OR_RETURN(
      cell.state, EnumFromProto<State>("LeaderboardCell.state", proto.state(), v1::State_IsValid));
  cell.items = proto.items();
  cell.items_done = proto.items_done();
  cell.partial = proto.partial();
  for (const v1::Metric& metric : proto.metrics()) {
    ASSAY_ASSIGN_OR_RETURN(Metric converted, FromProto(metric));
    cell.metrics.push_back(std::move(converted));
  }
  return cell;
}

}  // namespace

v1::ModelFacts ToProto(const ModelFacts& facts) {
  v1::ModelFacts proto;
  proto.set_name(facts.name);
  proto.set_title(facts.title);
  proto.set_family(facts.family);
  proto.set_foundation(facts.foundation);
  proto.set_parameters(facts.parameters);
  proto.set_instruction_data(facts.instruction_data);
  proto.set_instruction_examples(facts.instruction_examples);
  proto.set_method(static_cast<v1::TrainingMethod>(facts.method));
  proto.set_tuning(static_cast<v1::Tuning>(facts.tuning));
  proto.set_prompt_template(facts.prompt_template);
  proto.set_precision(facts.precision);
  proto.set_license(facts.license);
  proto.set_source(facts.source);
  proto.mutable_aliases()->Add(facts.aliases.begin(), facts.aliases.end());
  return proto;
}

absl::StatusOr<ModelFacts> FromProto(const v1::ModelFacts& proto) {
  ModelFacts facts;
  facts.name = proto.name();
  facts.title = proto.title();
  facts.family = proto.family();
  facts.foundation = proto.foundation();
  facts.parameters = proto.parameters();
  facts.instruction_data = proto.instruction_data();
  facts.instruction_examples = proto.instruction_examples();
  ASSAY_ASSIGN_OR_RETURN(
      facts.method,
      KnownOrNot<TrainingMethod>("ModelFacts.method", proto.method(), v1::TrainingMethod_IsValid));
  ASSAY_ASSIGN_OR_RETURN(
      facts.tuning, KnownOrNot<Tuning>("ModelFacts.tuning", proto.tuning(), v1::Tuning_IsValid));
  facts.prompt_template = proto.prompt_template();
  facts.precision = proto.precision();
  facts.license = proto.license();
  facts.source = proto.source();
  facts.aliases.assign(proto.aliases().begin(), proto.aliases().end());
  if (absl::Status status = CheckModelFacts(facts); !status.ok()) {
    return FieldError("ModelFacts", status.message());
  }
  return facts;
}

v1::Baseline ToProto(const Baseline& baseline) {
  v1::Baseline proto;
  proto.set_name(baseline.name);
  proto.set_source(baseline.source);
  proto.set_kind(EnumToProto<v1::BaselineKind>(baseline.kind));
  proto.set_file(baseline.file);
  proto.set_sha256(baseline.sha256);
  if (baseline.imported != absl::InfinitePast()) {
    proto.mutable_imported()->set_seconds(absl::ToUnixSeconds(baseline.imported));
  }
  for (const BaselineRow& row : baseline.rows) {
    v1::BaselineRow& added = *proto.add_rows();
    added.set_line(row.line);
    added.set_model(row.model);
    added.set_source(row.source);
    added.set_foundation(row.foundation);
    added.set_parameters(row.parameters);
    added.mutable_scores()->insert(row.scores.begin(), row.scores.end());
  }
  return proto;
}

absl::StatusOr<Baseline> FromProto(const v1::Baseline& proto) {
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("Baseline.name", proto.name()));
  ASSAY_RETURN_IF_ERROR(CheckSha256("Baseline.sha256", proto.sha256()));
  Baseline baseline;
  baseline.name = proto.name();
  baseline.source = proto.source();
  ASSAY_ASSIGN_OR_RETURN(baseline.kind, EnumFromProto<BaselineKind>("Baseline.kind", proto.kind(),
                                                                    v1::BaselineKind_IsValid));
  baseline.file = proto.file();
  baseline.sha256 = proto.sha256();
  if (proto.has_imported()) baseline.imported = absl::FromUnixSeconds(proto.imported().seconds());
  for (const v1::BaselineRow& row : proto.rows()) {
    ASSAY_ASSIGN_OR_RETURN(BaselineRow converted, RowFromProto(row));
    if (!baseline.rows.empty() && converted.line <= baseline.rows.back().line) {
      return FieldError("Baseline.rows", absl::StrCat("line ", converted.line,
                                                      " does not come after the one before"));
    }
    baseline.rows.push_back(std::move(converted));
  }
  return baseline;
}

v1::GetLeaderboardRequest ToProto(const LeaderboardQuery& query) {
  v1::GetLeaderboardRequest proto;
  proto.set_protocol(query.protocol);
  if (query.shots.has_value()) proto.set_shots(*query.shots);
  proto.set_precision(ToProto(query.precision));
  proto.set_prompt_template(EnumToProto<v1::PromptTemplate>(query.prompt_template));
  proto.mutable_datasets()->Add(query.datasets.begin(), query.datasets.end());
  proto.set_partial(query.partial);
  proto.set_groups(query.groups);
  proto.set_baselines(query.baselines);
  proto.set_samples(query.samples);
  return proto;
}

absl::StatusOr<LeaderboardQuery> FromProto(const v1::GetLeaderboardRequest& proto) {
  LeaderboardQuery query;
  query.protocol = proto.protocol();
  if (proto.has_shots()) {
    ASSAY_RETURN_IF_ERROR(CheckAtLeast("GetLeaderboardRequest.shots", proto.shots(), 0));
    query.shots = proto.shots();
  }
  if (proto.precision() != v1::PRECISION_UNSPECIFIED) {
    ASSAY_ASSIGN_OR_RETURN(query.precision, FromProto(proto.precision()));
  }
  if (proto.prompt_template() != v1::PROMPT_TEMPLATE_UNSPECIFIED) {
    ASSAY_ASSIGN_OR_RETURN(
        query.prompt_template,
        EnumFromProto<PromptTemplate>("GetLeaderboardRequest.prompt_template",
                                      proto.prompt_template(), v1::PromptTemplate_IsValid));
  }
  query.datasets.assign(proto.datasets().begin(), proto.datasets().end());
  query.partial = proto.partial();
  query.groups = proto.groups();
  query.baselines = proto.baselines();
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("GetLeaderboardRequest.samples", proto.samples(), 0));
  query.samples = std::max(1, proto.samples());
  return query;
}

v1::GetLeaderboardResponse ToProto(const LeaderboardData& data) {
  v1::GetLeaderboardResponse proto;
  for (const LeaderboardCell& cell : data.cells) *proto.add_cells() = CellToProto(cell);
  for (const ModelSpec& model : data.models) *proto.add_models() = ToProto(model);
  for (const ModelFacts& facts : data.facts) *proto.add_facts() = ToProto(facts);
  for (const Baseline& baseline : data.baselines) *proto.add_baselines() = ToProto(baseline);
  for (const LeaderboardOmission& omission : data.omissions) {
    v1::LeaderboardOmission& added = *proto.add_omissions();
    added.set_benchmark(omission.benchmark);
    added.set_reason(std::string(OmissionReasonName(omission.reason)));
    added.set_cells(omission.cells);
  }
  return proto;
}

absl::StatusOr<LeaderboardData> FromProto(const v1::GetLeaderboardResponse& proto) {
  LeaderboardData data;
  for (const v1::LeaderboardCell& cell : proto.cells()) {
    ASSAY_ASSIGN_OR_RETURN(LeaderboardCell converted, CellFromProto(cell));
    data.cells.push_back(std::move(converted));
  }
  for (const v1::ModelSpec& model : proto.models()) {
    ASSAY_ASSIGN_OR_RETURN(ModelSpec converted, FromProto(model));
    data.models.push_back(std::move(converted));
  }
  for (const v1::ModelFacts& facts : proto.facts()) {
    ASSAY_ASSIGN_OR_RETURN(ModelFacts converted, FromProto(facts));
    data.facts.push_back(std::move(converted));
  }
  for (const v1::Baseline& baseline : proto.baselines()) {
    ASSAY_ASSIGN_OR_RETURN(Baseline converted, FromProto(baseline));
    data.baselines.push_back(std::move(converted));
  }
  for (const v1::LeaderboardOmission& omission : proto.omissions()) {
    ASSAY_ASSIGN_OR_RETURN(const OmissionReason reason, ReasonFromName(omission.reason()));
    data.omissions.push_back({omission.benchmark(), reason, omission.cells()});
  }
  return data;
}

}  // namespace assay
