#include "coordinator/store/dataset_store.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/store/dataset_rows.h"
#include "coordinator/store/events.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kInsertDataset[] =
    "INSERT INTO datasets (benchmark, sha256, items, examples, groups, reading_sha256) "
    "VALUES ($1, $2, $3, $4, $5, $6) "
    "ON CONFLICT (benchmark, sha256) DO NOTHING RETURNING dataset_id";
constexpr char kFindDataset[] =
    "SELECT dataset_id, exported FROM datasets WHERE benchmark = $1 AND sha256 = $2";
// Changes nothing, and returns no row, when the name points there already.
constexpr char kPointName[] =
    "INSERT INTO dataset_names AS n (name, dataset_id) VALUES ($1, $2) "
    "ON CONFLICT (name) DO UPDATE SET dataset_id = excluded.dataset_id, changed = now() "
    "WHERE n.dataset_id <> excluded.dataset_id RETURNING 1";
constexpr char kSelectNamed[] =
    "SELECT d.benchmark, n.name, d.sha256, d.items, d.examples, d.groups, d.reading_sha256 "
    "FROM dataset_names n JOIN datasets d USING (dataset_id) ";

DatasetInfo ReadInfo(const pqxx::row& row) {
  DatasetInfo dataset;
  dataset.benchmark = row[0].c_str();
  dataset.name = row[1].c_str();
  dataset.sha256 = row[2].c_str();
  dataset.items = row[3].as<int64_t>();
  dataset.examples = row[4].as<int64_t>();
  dataset.groups = row[5].as<int64_t>();
  dataset.reading_sha256 = row[6].c_str();
  return dataset;
}

// The items came with an export, which said that they are those of files of this digest; now the
// files are here.
absl::Status Confirm(pqxx::work& tx, int64_t dataset_id, const DatasetInfo& dataset,
                     absl::Span<const Item> items) {
  ASSAY_ASSIGN_OR_RETURN(const std::vector<Item> stored,
                         ReadAllItems(tx, dataset.benchmark, dataset.sha256));
  if (!std::equal(items.begin(), items.end(), stored.begin(), stored.end())) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the items of ", dataset.benchmark, " with sha256 ", dataset.sha256,
        " that came with imported runs are not those of the files; the runs were not exported from "
        "this data"));
  }
  tx.exec_params("UPDATE datasets SET exported = false WHERE dataset_id = $1", dataset_id);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> DatasetStore::Import(const DatasetInfo& dataset,
                                          absl::Span<const Item> items) {
  for (const Item& item : items) ASSAY_RETURN_IF_ERROR(CheckStorable(item));
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<bool> {
    const pqxx::result inserted =
        tx.exec_params(kInsertDataset, dataset.benchmark, dataset.sha256, dataset.items,
                       dataset.examples, dataset.groups, dataset.reading_sha256);
    int64_t id = 0;
    if (inserted.empty()) {
      const pqxx::row found = tx.exec_params1(kFindDataset, dataset.benchmark, dataset.sha256);
      id = found[0].as<int64_t>();
      if (found[1].as<bool>()) ASSAY_RETURN_IF_ERROR(Confirm(tx, id, dataset, items));
    } else {
      id = inserted[0][0].as<int64_t>();
      CopyItems(tx, id, items);
    }
    const bool moved = !tx.exec_params(kPointName, dataset.name, id).empty();
    if (moved) {
      RecordEvent(tx, {.kind = "dataset_imported",
                       .message = absl::StrCat(dataset.name, " is now ", dataset.sha256)});
    }
    return !moved;
  });
}

absl::StatusOr<std::vector<DatasetInfo>> DatasetStore::List() {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<DatasetInfo>> {
    std::vector<DatasetInfo> datasets;
    for (const auto& row : tx.exec(std::string(kSelectNamed) + "ORDER BY n.name")) {
      datasets.push_back(ReadInfo(row));
    }
    return datasets;
  });
}

absl::StatusOr<DatasetInfo> DatasetStore::FindByName(const std::string& name) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<DatasetInfo> {
    const pqxx::result rows = tx.exec_params(std::string(kSelectNamed) + "WHERE n.name = $1", name);
    if (rows.empty()) {
      return absl::NotFoundError(absl::StrCat("there is no dataset named \"", name, "\""));
    }
    return ReadInfo(rows[0]);
  });
}

absl::StatusOr<std::vector<Item>> DatasetStore::ReadItems(const std::string& benchmark,
                                                          const std::string& sha256) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<Item>> {
    ASSAY_ASSIGN_OR_RETURN(std::vector<Item> items, ReadAllItems(tx, benchmark, sha256));
    if (items.empty()) {
      return absl::NotFoundError(
          absl::StrCat("there is no dataset of ", benchmark, " with sha256 ", sha256));
    }
    return items;
  });
}

}  // namespace assay
