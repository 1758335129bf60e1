// A benchmark that is made of its declaration.
#ifndef ASSAY_COMMON_DECLARATION_DECLARED_BENCHMARK_H_
#define ASSAY_COMMON_DECLARATION_DECLARED_BENCHMARK_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/benchmark/benchmark.h"
#include "common/declaration/declaration.h"
#include "common/declaration/mistakes.h"

namespace assay {

class DeclaredBenchmark : public Benchmark {
 public:
  // InvalidArgument lists every mistake as "path:line:column: what is wrong", one a line.
  // `built_in`: it is part of the program, and not a user's.
  static absl::StatusOr<std::shared_ptr<const DeclaredBenchmark>> Read(absl::string_view path,
                                                                       absl::string_view text,
                                                                       bool built_in = false);

  absl::string_view name() const override { return declaration_.name; }
  absl::string_view description() const override { return description_; }
  const std::vector<ProtocolSpec>& protocols() const override { return protocols_; }
  bool IsDataFile(absl::string_view path) const override;
  // The error has every problem of the files, within reason, one a line.
  absl::StatusOr<std::vector<Item>> Parse(absl::Span<const SourceFile> files) const override;
  absl::StatusOr<Selection> Select(const ProtocolSpec& protocol, int shots,
                                   absl::Span<const Item> group) const override;
  std::string RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                           absl::Span<const Item> shots) const override;
  std::string RenderChoice(const ProtocolSpec& protocol, const Item& item,
                           size_t choice) const override;
  std::vector<std::string> ParentGroups(absl::string_view group) const override;
  const BenchmarkSource* source() const override { return &source_; }
  absl::string_view reading_sha256() const override { return reading_sha256_; }

  const Declaration& declaration() const { return declaration_; }

 private:
  DeclaredBenchmark(Declaration declaration, BenchmarkSource source);

  const ProtocolDeclaration& DeclarationOf(const ProtocolSpec& protocol) const;
  std::string RenderQuestion(const ProtocolDeclaration& protocol, const Item& item) const;
  // What `name` stands for in a template of the item.
  std::string ValueOf(const ProtocolDeclaration& protocol, const Item& item,
                      const std::string& name) const;
  std::vector<Item> ExampleItems(absl::string_view group) const;

  const Declaration declaration_;
  const BenchmarkSource source_;
  const std::string description_;
  const std::string reading_sha256_;
  std::vector<ProtocolSpec> protocols_;
};

}  // namespace assay

#endif  // ASSAY_COMMON_DECLARATION_DECLARED_BENCHMARK_H_
