#include "common/declaration/mistakes.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

constexpr size_t kMostInStatus = 200;
constexpr size_t kMostComparedBytes = 64;

// Insertions, removals, replacements and swaps of neighbours that turn one into the other.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

void Mistakes::Add(const YamlNode& place, std::string message) {
  mistakes_.push_back({place.line, place.column, std::move(message)});
}

void Mistakes::Add(Mistake mistake) { mistakes_.push_back(std::move(mistake)); }

std::vector<Mistake> Mistakes::Sorted() const {
  std::vector<Mistake> sorted = mistakes_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Mistake& a, const Mistake& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return sorted;
}

std::string FormatMistakes(absl::string_view path, absl::Span<const Mistake> mistakes,
                           size_t most) {
  std::vector<std::string> lines;
  for (const Mistake& mistake : mistakes) {
    if (lines.size() == most) {
      lines.push_back(absl::StrCat("and ", mistakes.size() - most, " more"));
      break;
    }
    lines.push_back(
        absl::StrCat(path, ":", mistake.line, ":", mistake.column, ": ", mistake.message));
  }
  return absl::StrJoin(lines, "\n");
}

absl::Status MistakesStatus(absl::string_view path, absl::Span<const Mistake> mistakes) {
  if (mistakes.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(FormatMistakes(path, mistakes, kMostInStatus));
}

std::string Suggestion(absl::string_view name, absl::Span<const std::string> names) {
  const std::string* nearest = nullptr;
  size_t least = std::max<size_t>(2, name.size() / 3) + 1;
  if (name.size() <= kMostComparedBytes) {
    for (const std::string& candidate : names) {
      if (candidate.size() > kMostComparedBytes) continue;
      const size_t distance = EditDistance(name, candidate);
      if (distance < least && distance < name.size()) {
        nearest = &candidate;
        least = distance;
      }
    }
  }
  if (nearest != nullptr) return absl::StrCat("; did you mean ", Excerpt(*nearest), "?");
  if (names.empty()) return "";
  return absl::StrCat("; there are: ", absl::StrJoin(names, ", "));
}

}  // namespace assay
