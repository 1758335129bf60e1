#include "coordinator/schedule/serving.h"

#include <algorithm>
#include <limits>

namespace assay {

void Serving::Reset(size_t models, int kinds, absl::Time now) {
  now_ = now;
  models_.assign(models, {0, std::vector<OfKind>(kinds)});
  workers_.clear();
}

void Serving::Set(const std::string& worker_id, const ServingWorker& serving) {
  ServingWorker& stored = workers_[worker_id];
  Count(stored, -1);
  stored = serving;
  Count(stored, 1);
}

const ServingWorker* Serving::Find(const std::string& worker_id) const {
  const auto found = workers_.find(worker_id);
  return found == workers_.end() || found->second.model < 0 ? nullptr : &found->second;
}

double Serving::Rate(int model, int kind) const { return Sum(model, kind).rate; }

double Serving::Finish(int model, int kind, double share) const {
  const OfKind sum = Sum(model, kind);
  if (sum.rate <= 1e-12) return std::numeric_limits<double>::infinity();
  return (std::max(0.0, models_[model].pending * share) + std::max(0.0, sum.missing)) / sum.rate;
}

void Serving::Count(const ServingWorker& serving, double sign) {
  if (serving.model < 0) return;
  std::vector<OfKind>& kinds = models_[serving.model].kinds;
  // A kind that came after the reset.
  if (static_cast<size_t>(serving.kind) >= kinds.size()) kinds.resize(serving.kind + 1);
  const double loading = std::max(0.0, absl::ToDoubleSeconds(serving.ready - now_));
  kinds[serving.kind].rate += sign * serving.rate;
  kinds[serving.kind].missing += sign * serving.rate * loading;
}

Serving::OfKind Serving::Sum(int model, int kind) const {
  const std::vector<OfKind>& kinds = models_[model].kinds;
  if (kind >= 0) return static_cast<size_t>(kind) < kinds.size() ? kinds[kind] : OfKind();
  OfKind sum;
  for (const OfKind& of : kinds) {
    sum.rate += of.rate;
    sum.missing += of.missing;
  }
  return sum;
}

}  // namespace assay
