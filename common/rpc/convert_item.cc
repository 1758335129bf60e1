#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "common/rpc/fill_grant.h"

namespace assay {

void FillItem(const Item& item, v1::Item* proto) {
  proto->set_id(item.id);
  proto->set_group(item.group);
  proto->set_split(item.split);
  proto->set_ordinal(item.ordinal);
  for (const auto& [name, text] : item.fields) (*proto->mutable_fields())[name] = text;
  for (const std::string& choice : item.choices) proto->add_choices(choice);
  proto->set_target(item.target);
}

v1::Item ToProto(const Item& item) {
  v1::Item proto;
  FillItem(item, &proto);
  return proto;
}

absl::StatusOr<Item> FromProto(const v1::Item& proto) {
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("Item.id", proto.id()));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("Item.ordinal", proto.ordinal(), 0));
  if (proto.split() != "test" && proto.split() != "dev") {
    return FieldError("Item.split",
                      absl::StrCat("must be \"test\" or \"dev\", got \"", proto.split(), "\""));
  }
  Item item;
  item.id = proto.id();
  item.group = proto.group();
  item.split = proto.split();
  item.ordinal = proto.ordinal();
  item.fields.insert(proto.fields().begin(), proto.fields().end());
  item.choices.assign(proto.choices().begin(), proto.choices().end());
  item.target = proto.target();
  return item;
}

v1::DatasetInfo ToProto(const DatasetInfo& dataset) {
  v1::DatasetInfo proto;
  proto.set_benchmark(dataset.benchmark);
  proto.set_name(dataset.name);
  proto.set_sha256(dataset.sha256);
  proto.set_items(dataset.items);
  proto.set_examples(dataset.examples);
  proto.set_groups(dataset.groups);
  proto.set_reading_sha256(dataset.reading_sha256);
  return proto;
}

absl::StatusOr<DatasetInfo> FromProto(const v1::DatasetInfo& proto) {
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("DatasetInfo.benchmark", proto.benchmark()));
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("DatasetInfo.name", proto.name()));
  ASSAY_RETURN_IF_ERROR(CheckSha256("DatasetInfo.sha256", proto.sha256()));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("DatasetInfo.items", proto.items(), 0));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("DatasetInfo.examples", proto.examples(), 0));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("DatasetInfo.groups", proto.groups(), 0));
  DatasetInfo dataset;
  dataset.benchmark = proto.benchmark();
  dataset.name = proto.name();
  dataset.sha256 = proto.sha256();
  dataset.items = proto.items();
  dataset.examples = proto.examples();
  dataset.groups = proto.groups();
  dataset.reading_sha256 = proto.reading_sha256();
  return dataset;
}

}  // namespace assay
