#include "coordinator/store/dataset_store.h"

#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/store/cluster_rows.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/events.h"
#include "coordinator/store/item_json.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kInsertDataset[] =
    "INSERT INTO datasets (benchmark, sha256, items, examples, groups, reading_sha256) "
    "VALUES ($1, $2, $3, $4, $5, $6) "
    "ON CONFLICT (benchmark, sha256) DO NOTHING RETURNING dataset_id";
constexpr char kFindDataset[] =
    "SELECT dataset_id FROM datasets WHERE benchmark = $1 AND sha256 = $2";
// Changes nothing, and returns no row, when the name points there already.
constexpr char kPointName[] =
    "INSERT INTO dataset_names AS n (name, dataset_id) VALUES ($1, $2) "
    "ON CONFLICT (name) DO UPDATE SET dataset_id = excluded.dataset_id, changed = now() "
    "WHERE n.dataset_id <> excluded.dataset_id RETURNING 1";
constexpr char kSelectNamed[] =
    "SELECT d.benchmark, n.name, d.sha256, d.items, d.examples, d.groups, d.reading_sha256 "
    "FROM dataset_names n JOIN datasets d USING (dataset_id) ";
constexpr char kReadItems[] =
    "SELECT i.ordinal, i.item_id, i.group_name, i.split, i.body "
    "FROM items i JOIN datasets d USING (dataset_id) "
    "WHERE d.benchmark = $1 AND d.sha256 = $2 ORDER BY i.ordinal";

absl::Status CheckStorable(const Item& item) {
  const auto check = [&](absl::string_view what, absl::string_view text) -> absl::Status {
    if (IsValidUtf8(text)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("item ", PlainText(item.id), ": its ", PlainText(what), " is not UTF-8"));
  };
  for (const std::string* text : {&item.id, &item.group}) {
    ASSAY_RETURN_IF_ERROR(check("name", *text));
    if (text->find('\0') != std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("item ", PlainText(item.id), ": its name holds a NUL character"));
    }
  }
  for (const auto& [name, text] : item.fields) {
    ASSAY_RETURN_IF_ERROR(check("field", name));
    ASSAY_RETURN_IF_ERROR(check(name, text));
  }
  for (const std::string& choice : item.choices) ASSAY_RETURN_IF_ERROR(check("choice", choice));
  return check("target", item.target);
}

void CopyItems(pqxx::work& tx, int64_t dataset_id, absl::Span<const Item> items) {
  const std::vector<std::string> columns = {"dataset_id", "ordinal", "item_id", "group_name",
                                            "split",      "body",    "cluster"};
  const std::vector<std::optional<int64_t>> clusters = ItemClusters(items);
  pqxx::stream_to stream(tx, "items", columns);
  for (size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    stream << std::make_tuple(dataset_id, item.ordinal, item.id, item.group, item.split,
                              EncodeItemBody(item), clusters[i]);
  }
  stream.complete();
}

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

}  // namespace

absl::StatusOr<bool> DatasetStore::Import(const DatasetInfo& dataset,
                                          absl::Span<const Item> items) {
  for (const Item& item : items) ASSAY_RETURN_IF_ERROR(CheckStorable(item));
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<bool> {
    const pqxx::result inserted = tx.exec_params(kInsertDataset, dataset.benchmark, dataset.sha256,
                                                 dataset.items, dataset.examples, dataset.groups,
                                                 dataset.reading_sha256);
    int64_t id = 0;
    if (inserted.empty()) {
      id = tx.exec_params1(kFindDataset, dataset.benchmark, dataset.sha256)[0].as<int64_t>();
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
    std::vector<Item> items;
    for (const auto& row : tx.exec_params(kReadItems, benchmark, sha256)) {
      Item& item = items.emplace_back();
      item.ordinal = row[0].as<int64_t>();
      item.id = row[1].c_str();
      item.group = row[2].c_str();
      item.split = row[3].c_str();
      ASSAY_RETURN_IF_ERROR(DecodeItemBody(row[4].c_str(), item));
    }
    if (items.empty()) {
      return absl::NotFoundError(
          absl::StrCat("there is no dataset of ", benchmark, " with sha256 ", sha256));
    }
    return items;
  });
}

}  // namespace assay
