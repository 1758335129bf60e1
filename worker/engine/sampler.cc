#include "worker/engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "worker/layers/cpu/kernels.h"

namespace assay {
namespace {

// Tokens whose weights are added by the kernel's exponentials before one of them is looked for.
constexpr size_t kChunk = 512;
// Tokens that are put in order at first when only the most probable ones count.
constexpr size_t kFirstSorted = 64;
// The logarithm of a weight that is 0 in every number format, and finite.
constexpr double kNoWeight = -1e4;

double Weight(float logarithm) { return std::exp(static_cast<double>(logarithm)); }

// The logarithms of the tokens' weights, the greatest of which is 0.
void ScaleLogits(absl::Span<const float> logits, double temperature, std::vector<float>* scaled) {
  const double best = static_cast<double>(logits[static_cast<size_t>(SampleGreedily(logits))]);
  const double inverse = 1 / temperature;
  scaled->resize(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    (*scaled)[i] =
        static_cast<float>(std::max(kNoWeight, (static_cast<double>(logits[i]) - best) * inverse));
  }
}

// Where `target`, from 0 up to the sum of the weights, falls among `tokens`, laid side by side in
// their order.
int32_t Find(absl::Span<const float> scaled, absl::Span<const int32_t> tokens, double target) {
  double sum = 0;
  for (const int32_t token : tokens) {
    sum += Weight(scaled[static_cast<size_t>(token)]);
    if (sum > target) return token;
  }
  return tokens.back();
}

// Among all tokens, in the order of their ids: first the chunk, then the token in it.
int32_t SampleOfAll(absl::Span<const float> scaled, double uniform) {
  std::vector<double> chunks;
  double total = 0;
  for (size_t first = 0; first < scaled.size(); first += kChunk) {
    chunks.push_back(std::exp(LogSumOfExponentials(scaled.subspan(first, kChunk))));
    total += chunks.back();
  }
  double target = uniform * total;
  size_t chunk = 0;
  while (chunk + 1 < chunks.size() && target >= chunks[chunk]) target -= chunks[chunk++];
  const absl::Span<const float> part = scaled.subspan(chunk * kChunk, kChunk);
  // The kernel's sum and this one differ in their last digits; the place in the chunk is relative.
  double own = 0;
  for (const float value : part) own += Weight(value);
  target = std::min(target / chunks[chunk], 1.0) * own;
  double sum = 0;
  size_t best = 0;
  for (size_t i = 0; i < part.size(); ++i) {
    sum += Weight(part[i]);
    if (sum > target) return static_cast<int32_t>(chunk * kChunk + i);
    if (part[i] > part[best]) best = i;
  }
  return static_cast<int32_t>(chunk * kChunk + best);
}

// Among the most probable ones, the most probable first.
int32_t SampleOfMostProbable(absl::Span<const float> scaled, const TokenSampling& sampling,
                             double uniform) {
  const auto more_probable = [scaled](int32_t a, int32_t b) {
    const float value_a = scaled[static_cast<size_t>(a)];
    const float value_b = scaled[static_cast<size_t>(b)];
    return value_a != value_b ? value_a > value_b : a < b;
  };
  std::vector<int32_t> tokens(scaled.size());
  std::iota(tokens.begin(), tokens.end(), 0);
  size_t most = tokens.size();
  double total = 0;
  size_t sorted = 0;
  // Puts the tokens in order as far as place `end`; those behind are less probable.
  const auto sort_to = [&](size_t end) {
    const auto begin = tokens.begin() + static_cast<std::ptrdiff_t>(sorted);
    const auto last = tokens.begin() + static_cast<std::ptrdiff_t>(end);
    if (end < tokens.size()) std::nth_element(begin, last, tokens.end(), more_probable);
    std::sort(begin, last, more_probable);
    sorted = end;
  };
  if (sampling.top_k > 0 && static_cast<size_t>(sampling.top_k) < most) {
    most = static_cast<size_t>(sampling.top_k);
    sort_to(most);
    for (size_t i = 0; i < most; ++i) total += Weight(scaled[static_cast<size_t>(tokens[i])]);
  } else {
    total = std::exp(LogSumOfExponentials(scaled));
  }
  // The fewest that come to top_p of the total.
  const double wanted = sampling.top_p * total;
  double sum = 0;
  size_t kept = 0;
  while (kept < most && (kept == 0 || sum < wanted || sampling.top_p >= 1)) {
    if (kept == sorted) sort_to(std::min(most, std::max(kFirstSorted, 2 * sorted)));
    sum += Weight(scaled[static_cast<size_t>(tokens[kept++])]);
  }
  return Find(scaled, absl::MakeConstSpan(tokens).first(kept), uniform * sum);
}

}  // namespace

int32_t SampleGreedily(absl::Span<const float> logits) {
  return static_cast<int32_t>(
      cpu::BestKernels().argmax(logits.data(), static_cast<int64_t>(logits.size())));
}

int32_t SampleToken(absl::Span<const float> logits, const TokenSampling& sampling, int64_t index) {
  if (sampling.temperature == 0) return SampleGreedily(logits);
  // One for each thread: a row of logits is large.
  thread_local std::vector<float> scaled;
  ScaleLogits(logits, sampling.temperature, &scaled);
  const double uniform = sampling.random.Uniform(static_cast<uint64_t>(index));
  const bool of_all = sampling.top_p >= 1 && sampling.top_k == 0;
  return of_all ? SampleOfAll(scaled, uniform) : SampleOfMostProbable(scaled, sampling, uniform);
}

double LogSumOfExponentials(absl::Span<const float> logits) {
  return cpu::BestKernels().log_sum_exp(logits.data(), static_cast<int64_t>(logits.size()));
}

}  // namespace assay
