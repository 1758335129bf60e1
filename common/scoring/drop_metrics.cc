#include "common/scoring/drop_metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/benchmark/python_text.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

using Bag = std::set<std::string>;

// What a word of a regular expression is made of (\w). Beyond Latin-1, characters outside of the
// blocks of punctuation, arrows and symbols are taken for letters.
bool IsWordCharacter(uint32_t character) {
  if (character < 0x80)
    return absl::ascii_isalnum(static_cast<unsigned char>(character)) || character == '_';
  if (character < 0xC0) {
    constexpr std::array<uint32_t, 9> kLatin = {0xAA, 0xB2, 0xB3, 0xB5, 0xB9,
                                                0xBA, 0xBC, 0xBD, 0xBE};
    return std::find(kLatin.begin(), kLatin.end(), character) != kLatin.end();
  }
  if (character == 0xD7 || character == 0xF7) return false;
  const bool punctuation =
      (character >= 0x2000 && character < 0x2070) || (character >= 0x2190 && character < 0x2460) ||
      (character >= 0x2500 && character < 0x2776) || (character >= 0x3000 && character < 0x3005);
  return !punctuation;
}

// The words "a", "an" and "the" replaced by a space.
std::string RemoveArticles(absl::string_view text) {
  std::string kept;
  while (!text.empty()) {
    absl::string_view rest = text;
    const bool is_word = IsWordCharacter(TakeUtf8Character(&rest));
    size_t size = text.size() - rest.size();
    while (is_word && !rest.empty()) {
      absl::string_view next = rest;
      if (!IsWordCharacter(TakeUtf8Character(&next))) break;
      rest = next;
      size = text.size() - rest.size();
    }
    const absl::string_view run = text.substr(0, size);
    const bool article = run == "a" || run == "an" || run == "the";
    absl::StrAppend(&kept, article ? " " : run);
    text = rest;
  }
  return kept;
}

// str.split(): at any white space, without empty parts.
std::vector<std::string> SplitAtSpaces(absl::string_view text) {
  std::vector<std::string> words;
  std::string word;
  while (!text.empty()) {
    const absl::string_view before = text;
    TakeUtf8Character(&text);
    const absl::string_view character = before.substr(0, before.size() - text.size());
    if (!PythonStrip(character).empty()) {
      absl::StrAppend(&word, character);
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::string NormalizePart(absl::string_view part) {
  std::string text = PythonLower(part);
  if (!PythonFloat(text).has_value()) {
    text.erase(std::remove_if(text.begin(), text.end(),
                              [](unsigned char c) { return absl::ascii_ispunct(c); }),
               text.end());
  }
  if (const std::optional<double> number = PythonFloat(text)) text = PythonFloatRepr(*number);
  return absl::StrJoin(SplitAtSpaces(RemoveArticles(text)), " ");
}

Bag BagOf(absl::string_view normalized) {
  const std::vector<std::string> words = SplitAtSpaces(normalized);
  return Bag(words.begin(), words.end());
}

size_t CountShared(const Bag& a, const Bag& b) {
  return std::count_if(a.begin(), a.end(),
                       [&b](const std::string& word) { return b.count(word) > 0; });
}

double PairF1(const Bag& predicted, const Bag& reference) {
  Bag numbers;
  for (const std::string& word : reference) {
    if (PythonFloat(word).has_value()) numbers.insert(word);
  }
  if (!numbers.empty() && CountShared(numbers, predicted) == 0) return 0;
  const double shared = static_cast<double>(CountShared(predicted, reference));
  const double precision = predicted.empty() ? 1 : shared / static_cast<double>(predicted.size());
  const double recall = reference.empty() ? 1 : shared / static_cast<double>(reference.size());
  if (precision == 0 && recall == 0) return 0;
  return 2 * precision * recall / (precision + recall);
}

// The column of each row, none of them twice, that make the sum of weights[row][column] greatest;
// there are at most as many rows as columns. The Hungarian algorithm, with potentials.
std::vector<size_t> GreatestAssignment(const std::vector<std::vector<double>>& weights) {
  const size_t rows = weights.size();
  const size_t columns = weights.front().size();
  constexpr size_t kNone = 0;  // rows and columns count from 1
  std::vector<double> row_potential(rows + 1), column_potential(columns + 1);
  std::vector<size_t> row_of(columns + 1, kNone), previous(columns + 1, kNone);
  for (size_t row = 1; row <= rows; ++row) {
    row_of[0] = row;
    size_t column = 0;
    std::vector<double> slack(columns + 1, std::numeric_limits<double>::infinity());
    std::vector<bool> done(columns + 1, false);
    do {
      done[column] = true;
      double least = std::numeric_limits<double>::infinity();
      size_t next = 0;
      for (size_t j = 1; j <= columns; ++j) {
        if (done[j]) continue;
        const double cost = -weights[row_of[column] - 1][j - 1] - row_potential[row_of[column]] -
                            column_potential[j];
        if (cost < slack[j]) {
          slack[j] = cost;
          previous[j] = column;
        }
        if (slack[j] < least) {
          least = slack[j];
          next = j;
        }
      }
      for (size_t j = 0; j <= columns; ++j) {
        if (done[j]) {
          row_potential[row_of[j]] += least;
          column_potential[j] -= least;
        } else {
          slack[j] -= least;
        }
      }
      column = next;
    } while (row_of[column] != kNone);
    for (; column != 0; column = previous[column]) row_of[column] = row_of[previous[column]];
  }
  std::vector<size_t> column_of(rows);
  for (size_t j = 1; j <= columns; ++j) {
    if (row_of[j] != kNone) column_of[row_of[j] - 1] = j - 1;
  }
  return column_of;
}

// The F1 of each pair, in the order of the references' spans.
std::vector<double> AlignedF1(const std::vector<std::string>& predicted,
                              const std::vector<std::string>& reference) {
  std::vector<std::vector<double>> f1;  // [reference][predicted]
  for (const std::string& r : reference) {
    std::vector<double>& row = f1.emplace_back();
    for (const std::string& p : predicted) row.push_back(PairF1(BagOf(p), BagOf(r)));
  }
  std::vector<double> aligned(reference.size());
  if (reference.size() <= predicted.size()) {
    const std::vector<size_t> column_of = GreatestAssignment(f1);
    for (size_t i = 0; i < aligned.size(); ++i) aligned[i] = f1[i][column_of[i]];
    return aligned;
  }
  std::vector<std::vector<double>> transposed(predicted.size());
  for (const std::vector<double>& row : f1) {
    for (size_t i = 0; i < row.size(); ++i) transposed[i].push_back(row[i]);
  }
  const std::vector<size_t> row_of = GreatestAssignment(transposed);
  for (size_t i = 0; i < row_of.size(); ++i) aligned[row_of[i]] = transposed[i][row_of[i]];
  return aligned;
}

}  // namespace

std::string NormalizeDropSpan(absl::string_view span) {
  std::vector<std::string> parts;
  for (absl::string_view part : absl::StrSplit(span, absl::ByAnyChar(" -"))) {
    std::string normalized = NormalizePart(part);
    if (!normalized.empty()) parts.push_back(std::move(normalized));
  }
  return absl::StrJoin(parts, " ");
}

DropScore ScoreDropSpans(absl::Span<const std::string> predicted,
                         absl::Span<const std::string> reference) {
  const auto normalize = [](absl::Span<const std::string> spans) {
    std::vector<std::string> normalized;
    for (const std::string& span : spans) normalized.push_back(NormalizeDropSpan(span));
    return normalized;
  };
  const std::vector<std::string> a = normalize(predicted);
  const std::vector<std::string> b = normalize(reference);
  DropScore score;
  const bool same = a.size() == b.size() && Bag(a.begin(), a.end()) == Bag(b.begin(), b.end());
  score.exact_match = same ? 1 : 0;

  const std::vector<double> aligned = AlignedF1(a, b);
  const double mean = std::accumulate(aligned.begin(), aligned.end(), 0.0) /
                      static_cast<double>(std::max(a.size(), b.size()));
  // As numpy rounds: to even in hundredths.
  score.f1 = std::nearbyint(mean * 100) / 100;
  return score;
}

}  // namespace assay
