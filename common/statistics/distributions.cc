#include "common/statistics/distributions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace assay {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kTiny = 1e-300;

template <int N>
double Polynomial(const double (&coefficients)[N], double x) {
  double sum = 0;
  for (int i = N - 1; i >= 0; --i) sum = sum * x + coefficients[i];
  return sum;
}

// Gamma(a + 1/2) / Gamma(a): its asymptotic series (DLMF 5.11.13) where that is exact to double
// precision, and the recurrence of Gamma below.
double HalfStepGammaRatio(double a) {
  double factor = 1;
  for (; a < 100; ++a) factor *= a / (a + 0.5);
  constexpr double kSeries[] = {
      1, -1.0 / 8, 1.0 / 128, 5.0 / 1024, -21.0 / 32768, -399.0 / 262144, 869.0 / 4194304};
  return factor * std::sqrt(a) * Polynomial(kSeries, 1 / a);
}

// The continued fraction of the incomplete beta function, by Lentz's method.
double BetaFraction(double a, double b, double x) {
  constexpr int kMaxSteps = 100000;  // it takes about the root of the larger of a and b
  const auto guarded = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1;
  double d = 1 / guarded(1 - (a + b) * x / (a + 1));
  double fraction = d;
  for (int m = 1; m < kMaxSteps; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guarded(1 + even * d);
    c = guarded(1 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guarded(1 + odd * d);
    c = guarded(1 + odd / c);
    fraction *= d * c;
    if (std::abs(d * c - 1) < 1e-16) break;
  }
  return fraction;
}

double StudentDensity(double t, double df) {
  return HalfStepGammaRatio(df / 2) / std::sqrt(df * std::numbers::pi) *
         std::exp(-(df + 1) / 2 * std::log1p(t * t / df));
}

// mantissa * 2^exponent.
struct Scaled {
  double mantissa = 1;
  int64_t exponent = 0;

  void Multiply(double factor) {
    int shift = 0;
    mantissa = std::frexp(mantissa * factor, &shift);
    exponent += shift;
  }
  double Value() const {
    return std::ldexp(mantissa, static_cast<int>(std::clamp<int64_t>(exponent, -5000, 5000)));
  }
};

// C(n, k) / 2^n.
Scaled FairBinomialProbability(int64_t k, int64_t n) {
  Scaled product;
  product.exponent = -n;
  k = std::min(k, n - k);
  for (int64_t i = 1; i <= k; ++i) {
    product.Multiply(static_cast<double>(n - k + i) / static_cast<double>(i));
  }
  return product;
}

}  // namespace

double NormalCdf(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

double NormalTwoSided(double z) { return std::erfc(std::abs(z) / std::numbers::sqrt2); }

double NormalQuantile(double p) {
  constexpr double kCentral[] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                 1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                 3.3430575583588128105e+4, 2.5090809287301226727e+3};
  constexpr double kCentralBelow[] = {1.0,
                                      4.2313330701600911252e+1,
                                      6.8718700749205790830e+2,
                                      5.3941960214247511077e+3,
                                      2.1213794301586595867e+4,
                                      3.9307895800092710610e+4,
                                      2.8729085735721942674e+4,
                                      5.2264952788528545610e+3};
  constexpr double kMiddle[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                5.76949722146069140550e0,  3.64784832476320460504e0,
                                1.27045825245236838258e0,  2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
  constexpr double kMiddleBelow[] = {1.0,
                                     2.05319162663775882187e0,
                                     1.67638483018380384940e0,
                                     6.89767334985100004550e-1,
                                     1.48103976427480074590e-1,
                                     1.51986665636164571966e-2,
                                     5.47593808499534494600e-4,
                                     1.05075007164441684324e-9};
  constexpr double kTail[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                              1.78482653991729133580e0,  2.96560571828504891230e-1,
                              2.65321895265761230930e-2, 1.24266094738807843860e-3,
                              2.71155556874348757815e-5, 2.01033439929228813265e-7};
  constexpr double kTailBelow[] = {1.0,
                                   5.99832206555887937690e-1,
                                   1.36929880922735805310e-1,
                                   1.48753612908506148525e-2,
                                   7.86869131145613259100e-4,
                                   1.84631831751005468180e-5,
                                   1.42151175831644588870e-7,
                                   2.04426310338993978564e-15};
  if (std::isnan(p) || p < 0 || p > 1) return std::numeric_limits<double>::quiet_NaN();
  if (p == 0) return -kInfinity;
  if (p == 1) return kInfinity;
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * Polynomial(kCentral, r) / Polynomial(kCentralBelow, r);
  }
  const double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
  const double z = r <= 5 ? Polynomial(kMiddle, r - 1.6) / Polynomial(kMiddleBelow, r - 1.6)
                          : Polynomial(kTail, r - 5) / Polynomial(kTailBelow, r - 5);
  return q < 0 ? -z : z;
}

double StudentTwoSided(double t, double df) {
  if (std::isnan(t)) return t;
  if (std::isinf(t)) return 0;
  const double a = df / 2;
  const double ratio = t * t / df;
  const double x = 1 / (1 + ratio);  // df / (df + t^2)
  const double y = ratio * x;        // 1 - x, without cancellation
  // x^a y^(1/2) / B(a, 1/2).
  const double front = std::exp(-a * std::log1p(ratio)) * std::sqrt(y) * HalfStepGammaRatio(a) /
                       std::sqrt(std::numbers::pi);
  if (x < (a + 1) / (a + 2.5)) return front * BetaFraction(a, 0.5, x) / a;
  return 1 - front * BetaFraction(0.5, a, y) / 0.5;
}

double StudentCritical(double p, double df) {
  // Newton's method on a concave distribution function, from the left of the root: it only rises.
  double t = NormalQuantile(1 - p / 2);
  for (int step = 0; step < 200; ++step) {
    const double change = (StudentTwoSided(t, df) - p) / (2 * StudentDensity(t, df));
    t += change;
    if (std::abs(change) <= 1e-15 * t) break;
  }
  return t;
}

double ChiSquaredOneSurvival(double x) { return x <= 0 ? 1 : std::erfc(std::sqrt(x / 2)); }

double FairBinomialCdf(int64_t k, int64_t n) {
  if (k >= n) return 1;
  if (2 * k >= n) return 1 - FairBinomialCdf(n - k - 1, n);
  // The terms fall from the k-th down.
  double sum = 0;
  double term = 1;
  for (int64_t i = k; i >= 0 && term > 1e-18 * sum; --i) {
    sum += term;
    term *= static_cast<double>(i) / static_cast<double>(n - i + 1);
  }
  Scaled result = FairBinomialProbability(k, n);
  result.Multiply(sum);
  return result.Value();
}

std::vector<double> FairBinomialProbabilities(int64_t n) {
  std::vector<double> probabilities(n + 1);
  const int64_t middle = n / 2;
  probabilities[middle] = FairBinomialProbability(middle, n).Value();
  for (int64_t k = middle; k > 0; --k) {
    probabilities[k - 1] =
        probabilities[k] * static_cast<double>(k) / static_cast<double>(n - k + 1);
  }
  for (int64_t k = middle; k < n; ++k) probabilities[k + 1] = probabilities[n - k - 1];
  return probabilities;
}

}  // namespace assay
