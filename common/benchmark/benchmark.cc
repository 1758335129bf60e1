#include "common/benchmark/benchmark.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/sha256.h"

namespace assay {

absl::string_view RequestTypeName(RequestType type) {
  switch (type) {
    case RequestType::kGenerate:
      return "generate";
    case RequestType::kScoreChoices:
      return "score_choices";
  }
  return "";
}

absl::StatusOr<const ProtocolSpec*> Benchmark::FindProtocol(absl::string_view name) const {
  for (const ProtocolSpec& protocol : protocols()) {
    if (protocol.name == name) return &protocol;
  }
  const auto append_name = [](std::string* out, const ProtocolSpec& protocol) {
    absl::StrAppend(out, protocol.name);
  };
  return absl::NotFoundError(
      absl::StrCat("benchmark ", this->name(), " has no protocol \"", name,
                   "\"; there are: ", absl::StrJoin(protocols(), ", ", append_name)));
}

std::string Benchmark::RenderVariant(const ProtocolSpec& protocol, const Item& item,
                                     absl::Span<const Item> shots, int variant) const {
  return RenderPrompt(protocol, item, shots);
}

std::string Benchmark::RenderChoice(const ProtocolSpec& protocol, const Item& item,
                                    size_t choice) const {
  return absl::StrCat(protocol.choice_prefix, item.choices[choice]);
}

std::string DatasetDigest(absl::Span<const SourceFile> files) {
  std::vector<const SourceFile*> ordered;
  for (const SourceFile& file : files) ordered.push_back(&file);
  std::sort(ordered.begin(), ordered.end(),
            [](const SourceFile* a, const SourceFile* b) { return a->path < b->path; });
  constexpr absl::string_view kNul("\0", 1);
  Sha256 digest;
  for (const SourceFile* file : ordered) {
    digest.Update(absl::StrCat(file->path, kNul, file->content.size(), kNul));
    digest.Update(file->content);
  }
  return digest.Finish();
}

}  // namespace assay
