#include "coordinator/store/dataset_rows.h"

#include <optional>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/store/cluster_rows.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/item_json.h"

namespace assay {
namespace {

constexpr char kReadItems[] =
    "SELECT i.ordinal, i.item_id, i.group_name, i.split, i.body "
    "FROM items i JOIN datasets d USING (dataset_id) "
    "WHERE d.benchmark = $1 AND d.sha256 = $2 ORDER BY i.ordinal";

}  // namespace

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

absl::StatusOr<std::vector<Item>> ReadAllItems(pqxx::work& tx, const std::string& benchmark,
                                               const std::string& sha256) {
  std::vector<Item> items;
  for (const auto& row : tx.exec_params(kReadItems, benchmark, sha256)) {
    Item& item = items.emplace_back();
    item.ordinal = row[0].as<int64_t>();
    item.id = row[1].c_str();
    item.group = row[2].c_str();
    item.split = row[3].c_str();
    ASSAY_RETURN_IF_ERROR(DecodeItemBody(row[4].c_str(), item));
  }
  return items;
}

}  // namespace assay
