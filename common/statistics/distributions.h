// The distributions that p-values and intervals are read from. Relative errors are below 1e-12 for
// arguments that occur.
#ifndef ASSAY_COMMON_STATISTICS_DISTRIBUTIONS_H_
#define ASSAY_COMMON_STATISTICS_DISTRIBUTIONS_H_

#include <cstdint>
#include <vector>

namespace assay {

double NormalCdf(double z);
// P(|Z| >= |z|).
double NormalTwoSided(double z);
// The z with NormalCdf(z) = p; infinite at 0 and 1. Algorithm AS 241 (Wichura 1988), PPND16.
double NormalQuantile(double p);

// P(|T| >= |t|) of Student's t with df > 0 degrees of freedom: the incomplete beta function
// I_{df / (df + t^2)}(df / 2, 1 / 2) by its continued fraction (DLMF 8.17.5 and 8.17.22).
double StudentTwoSided(double t, double df);
// The t with P(|T| >= t) = p, 0 < p < 1.
double StudentCritical(double p, double df);

// P(X >= x) of chi-squared with one degree of freedom.
double ChiSquaredOneSurvival(double x);

// Of X ~ Binomial(n, 1/2), 0 <= k <= n. Products and sums of positive terms with the exponent kept
// apart: no logarithm of a factorial, whose error grows with n. O(n).
double FairBinomialCdf(int64_t k, int64_t n);              // P(X <= k)
std::vector<double> FairBinomialProbabilities(int64_t n);  // of 0, ..., n

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_DISTRIBUTIONS_H_
