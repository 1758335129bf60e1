// Any bytes as a file that declares a benchmark: they are refused, or make a benchmark that refuses
// data or can ask every item of them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/declaration/declared_benchmark.h"
#include "common/scoring/grader_kind.h"

namespace {

// Something for each column that the seeds name.
const char kCsv[] =
    "continent,country,city_1,city_2,city_3,city_4,capital\n"
    "Asia,Japan,Osaka,Tokyo,Kyoto,Kobe,Tokyo\n"
    "Asia,Nepal,Pokhara,Kathmandu,,,Kathmandu\n"
    "Asia,India,Delhi,Mumbai,Agra,,Delhi\n";
const char kLines[] =
    "{\"id\": \"a\", \"story\": \"s\", \"question\": {\"text\": \"q\", \"answers\": [\"1\", 2]}}\n"
    "{\"id\": \"b\", \"story\": \"s\", \"question\": {\"text\": \"q\", \"answers\": [\"3\"]}}\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto benchmark = assay::DeclaredBenchmark::Read("fuzz.yaml", text);
  if (!benchmark.ok()) {
    // Bad input, and nothing else.
    if (benchmark.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  std::vector<assay::SourceFile> files = {
      {"questions.csv", kCsv}, {"examples.csv", kCsv}, {"sums.jsonl", kLines}};
  const auto items = (*benchmark)->Parse(files);
  if (!items.ok()) return 0;
  for (const assay::ProtocolSpec& protocol : (*benchmark)->protocols()) {
    if (!assay::MakeGrader(assay::GraderOf(protocol)).ok()) std::abort();
    const auto selection = (*benchmark)->Select(protocol, protocol.shots, *items);
    if (!selection.ok()) continue;
    for (const assay::Item& item : selection->items) {
      (void)(*benchmark)->RenderPrompt(protocol, item, selection->shots);
      for (size_t i = 0; i < item.choices.size(); ++i) {
        (void)(*benchmark)->RenderChoice(protocol, item, i);
      }
    }
  }
  return 0;
}
