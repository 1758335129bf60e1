#include <cmath>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"

namespace assay {
namespace {

absl::Status CheckModelName(absl::string_view name) {
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("ModelSpec.name", name));
  for (char c : name) {
    if (!absl::ascii_isalnum(c) && c != '.' && c != '_' && c != '-') {
      return FieldError("ModelSpec.name",
                        absl::StrCat("may hold letters, digits, '.', '_' and '-' only, got \"",
                                     name.substr(0, 80), "\""));
    }
  }
  return absl::OkStatus();
}

}  // namespace

v1::Item ToProto(const Item& item) {
  v1::Item proto;
  proto.set_id(item.id);
  proto.set_group(item.group);
  proto.set_split(item.split);
  proto.set_ordinal(item.ordinal);
  for (const auto& [name, text] : item.fields) (*proto.mutable_fields())[name] = text;
  for (const std::string& choice : item.choices) proto.add_choices(choice);
  proto.set_target(item.target);
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
  return dataset;
}

v1::ModelSpec ToProto(const ModelSpec& model) {
  v1::ModelSpec proto;
  proto.set_name(model.name);
  proto.set_path(model.path);
  proto.set_format(model.format);
  proto.set_architecture(model.architecture);
  proto.set_weights_sha256(model.weights_sha256);
  proto.set_tokenizer_sha256(model.tokenizer_sha256);
  proto.set_parameters(model.parameters);
  proto.set_context_length(model.context_length);
  proto.set_vocabulary_size(model.vocabulary_size);
  proto.set_stored_type(model.stored_type);
  proto.set_characters_per_token(model.characters_per_token);
  return proto;
}

absl::StatusOr<ModelSpec> FromProto(const v1::ModelSpec& proto) {
  ASSAY_RETURN_IF_ERROR(CheckModelName(proto.name()));
  if (!absl::StartsWith(proto.path(), "/")) {
    return FieldError("ModelSpec.path",
                      absl::StrCat("must be an absolute path, got \"", proto.path(), "\""));
  }
  if (proto.format() != "huggingface" && proto.format() != "gguf") {
    return FieldError(
        "ModelSpec.format",
        absl::StrCat("must be \"huggingface\" or \"gguf\", got \"", proto.format(), "\""));
  }
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("ModelSpec.architecture", proto.architecture()));
  ASSAY_RETURN_IF_ERROR(CheckSha256("ModelSpec.weights_sha256", proto.weights_sha256()));
  ASSAY_RETURN_IF_ERROR(CheckSha256("ModelSpec.tokenizer_sha256", proto.tokenizer_sha256()));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("ModelSpec.parameters", proto.parameters(), 1));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("ModelSpec.context_length", proto.context_length(), 1));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("ModelSpec.vocabulary_size", proto.vocabulary_size(), 1));
  if (!std::isfinite(proto.characters_per_token()) || proto.characters_per_token() <= 0) {
    return FieldError("ModelSpec.characters_per_token", "must be a finite number above 0");
  }
  ModelSpec model;
  model.name = proto.name();
  model.path = proto.path();
  model.format = proto.format();
  model.architecture = proto.architecture();
  model.weights_sha256 = proto.weights_sha256();
  model.tokenizer_sha256 = proto.tokenizer_sha256();
  model.parameters = proto.parameters();
  model.context_length = proto.context_length();
  model.vocabulary_size = proto.vocabulary_size();
  model.stored_type = proto.stored_type();
  model.characters_per_token = proto.characters_per_token();
  return model;
}

}  // namespace assay
