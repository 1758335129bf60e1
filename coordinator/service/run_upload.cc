#include "coordinator/service/run_upload.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "common/rpc/timestamp.h"
#include "common/scoring/grader_kind.h"
#include "coordinator/planner/manifest.h"
#include "coordinator/service/dataset_upload.h"

namespace assay {
namespace {

constexpr size_t kMostItemBytes = size_t{1} << 30;

std::string FormatUtc(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

// A model of which nothing but its results is known.
ModelSpec ResultsOnly(const v1::ModelSpec& model) {
  ModelSpec spec;
  spec.name = model.name();
  spec.format = "imported";
  spec.parameters = std::max<int64_t>(0, model.parameters());
  spec.stored_type = model.stored_type();
  return spec;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunUpload>> RunUpload::Start(const v1::ImportRunsHeader& header,
                                                            Database* database,
                                                            BenchmarkCatalog* catalog,
                                                            DatasetCache* cache, absl::Time now) {
  ASSAY_RETURN_IF_ERROR(CheckUserName("format", header.format()));
  ASSAY_RETURN_IF_ERROR(CheckSha256("sha256", header.sha256()));
  ASSAY_ASSIGN_OR_RETURN(
      std::unique_ptr<RunImport> import,
      RunImport::Begin(
          database,
          header.has_submitted() ? FromTimestamp(header.submitted()) : absl::InfinitePast(), now));
  return std::unique_ptr<RunUpload>(new RunUpload(header, std::move(import), catalog, cache, now));
}

RunUpload::RunUpload(const v1::ImportRunsHeader& header, std::unique_ptr<RunImport> import,
                     BenchmarkCatalog* catalog, DatasetCache* cache, absl::Time now)
    : header_(header), import_(std::move(import)), catalog_(catalog), cache_(cache), now_(now) {}

absl::Status RunUpload::Add(const v1::ImportRunsRequest& request) {
  if (!request.has_items()) ASSAY_RETURN_IF_ERROR(EndDataset());
  switch (request.body_case()) {
    case v1::ImportRunsRequest::kModel:
      return AddModel(request.model());
    case v1::ImportRunsRequest::kItems:
      return AddItems(request.items());
    case v1::ImportRunsRequest::kRun:
      return AddRun(request.run());
    case v1::ImportRunsRequest::kPredictions:
      return AddPredictions(request.predictions());
    default:
      return absl::InvalidArgumentError("the header of an import comes once, before all else");
  }
}

absl::Status RunUpload::AddModel(const v1::ModelSpec& model) {
  ASSAY_RETURN_IF_ERROR(CheckUserName("model name", model.name()));
  if (model.format() == "imported") return import_->AddModel(ResultsOnly(model));
  ASSAY_ASSIGN_OR_RETURN(const ModelSpec spec, FromProto(model));
  return import_->AddModel(spec);
}

absl::Status RunUpload::AddItems(const v1::ImportedItems& items) {
  ASSAY_ASSIGN_OR_RETURN(DatasetInfo info, FromProto(items.dataset()));
  if (info.benchmark != info_.benchmark || info.sha256 != info_.sha256) {
    ASSAY_RETURN_IF_ERROR(EndDataset());
    ASSAY_RETURN_IF_ERROR(CheckUserName("data set name", info.name));
    info_ = std::move(info);
  }
  item_bytes_ += items.ByteSizeLong();
  if (item_bytes_ > kMostItemBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the items of a data set come to more than ", kMostItemBytes, " bytes"));
  }
  for (const v1::Item& item : items.items()) {
    ASSAY_ASSIGN_OR_RETURN(Item read, FromProto(item));
    items_.push_back(std::move(read));
  }
  return absl::OkStatus();
}

absl::Status RunUpload::Know(const DatasetKey& key, std::shared_ptr<const Dataset> dataset) {
  KnownItems known{std::move(dataset), {}};
  for (const Item& item : known.dataset->items()) known.by_id[item.id] = &item;
  known_[key] = std::move(known);
  return absl::OkStatus();
}

absl::Status RunUpload::EndDataset() {
  if (info_.benchmark.empty()) return absl::OkStatus();
  std::set<absl::string_view> groups;
  info_.items = info_.examples = 0;
  for (const Item& item : items_) {
    ++(item.split == "test" ? info_.items : info_.examples);
    groups.insert(item.group);
  }
  info_.groups = static_cast<int64_t>(groups.size());
  absl::StatusOr<std::shared_ptr<const Dataset>> dataset = Dataset::Create(items_);
  if (!dataset.ok()) return absl::InvalidArgumentError(dataset.status().message());
  ASSAY_RETURN_IF_ERROR(import_->AddDataset(info_, items_));
  ASSAY_RETURN_IF_ERROR(Know({info_.benchmark, info_.sha256}, *std::move(dataset)));
  info_ = DatasetInfo();
  items_.clear();
  item_bytes_ = 0;
  return absl::OkStatus();
}

std::string RunUpload::MakeOrigin(const v1::RunProgress& run) const {
  nlohmann::ordered_json origin = {{"format", header_.format()},
                                   {"version", header_.version()},
                                   {"sha256", header_.sha256()},
                                   {"imported", FormatUtc(now_)}};
  if (run.spec().run_id() != 0) {
    origin["job_id"] = run.spec().job_id();
    origin["run_id"] = run.spec().run_id();
  }
  if (!run.origin_json().empty()) {
    nlohmann::ordered_json before =
        nlohmann::ordered_json::parse(run.origin_json(), nullptr, /*allow_exceptions=*/false);
    if (before.is_object()) origin["before"] = std::move(before);
  }
  return origin.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

absl::Status RunUpload::AddRun(const v1::ImportedRun& imported) {
  ASSAY_ASSIGN_OR_RETURN(RunProgress run, FromProto(imported.run()));
  if (run.state == State::kPending || run.state == State::kRunning) {
    return absl::InvalidArgumentError(absl::StrCat("run ", run.spec.run_id, " is ",
                                                   StateName(run.state),
                                                   "; only runs that have ended can be imported"));
  }
  if (run.spec.judged_run != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("run ", run.spec.run_id, " judges the answers of run ", run.spec.judged_run,
                     ", which has another number here; runs of judges cannot be imported"));
  }
  run.origin_json = MakeOrigin(imported.run());
  ASSAY_ASSIGN_OR_RETURN(const std::string manifest, StoredManifest(imported.manifest_json()));
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const ProtocolSpec> protocol,
                         catalog_->ProtocolOf(run.spec));
  if (run.grader.empty()) {
    ASSAY_ASSIGN_OR_RETURN(grader_, MakeGrader(GraderOf(*protocol)));
    run.grader = std::string(grader_->name());
    run.grader_version = grader_->version();
  } else {
    grader_ = nullptr;
  }
  grader_name_ = run.grader;
  const DatasetKey key(run.spec.benchmark, run.spec.dataset_sha256);
  if (known_.count(key) == 0) {
    ASSAY_ASSIGN_OR_RETURN(std::shared_ptr<const Dataset> dataset,
                           cache_->Get(key.first, key.second));
    ASSAY_RETURN_IF_ERROR(Know(key, std::move(dataset)));
  }
  spec_ = run.spec;
  return import_->AddRun(run, manifest);
}

absl::StatusOr<ImportedItem> RunUpload::Read(const v1::GradedPrediction& graded) {
  const KnownItems& known = known_.at({spec_.benchmark, spec_.dataset_sha256});
  const auto found = known.by_id.find(graded.prediction().item_id());
  if (found == known.by_id.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no item \"", graded.prediction().item_id(), "\" in the data set"));
  }
  const Item& item = *found->second;
  ImportedItem imported;
  imported.ordinal = item.ordinal;
  ASSAY_ASSIGN_OR_RETURN(imported.prediction, FromProto(graded.prediction()));
  if (graded.has_committed()) imported.committed = FromTimestamp(graded.committed());
  if (graded.has_score()) {
    ASSAY_ASSIGN_OR_RETURN(Score score, FromProto(graded.score()));
    imported.scores.push_back(std::move(score));
  } else if (grader_ != nullptr) {
    imported.scores.push_back(grader_->Grade(item, imported.prediction));
  }
  if (imported.scores.empty() || imported.scores[0].grader != grader_name_) {
    return absl::InvalidArgumentError(
        absl::StrCat("the prediction of item ", item.id, " has no score by grader ", grader_name_));
  }
  for (const v1::Score& other : graded.other_scores()) {
    ASSAY_ASSIGN_OR_RETURN(Score score, FromProto(other));
    for (const Score& before : imported.scores) {
      if (before.grader == score.grader) {
        return absl::InvalidArgumentError(
            absl::StrCat("the prediction of item ", item.id, " has two scores by ", score.grader));
      }
    }
    imported.scores.push_back(std::move(score));
  }
  return imported;
}

absl::Status RunUpload::AddPredictions(const v1::ImportedPredictions& predictions) {
  if (spec_.benchmark.empty()) {
    return absl::InvalidArgumentError("predictions come after their run");
  }
  std::vector<ImportedItem> items;
  for (const v1::GradedPrediction& prediction : predictions.predictions()) {
    ASSAY_ASSIGN_OR_RETURN(ImportedItem item, Read(prediction));
    items.push_back(std::move(item));
  }
  return import_->AddPredictions(items);
}

absl::StatusOr<ImportResult> RunUpload::Finish() {
  ASSAY_RETURN_IF_ERROR(EndDataset());
  return import_->Commit();
}

}  // namespace assay
