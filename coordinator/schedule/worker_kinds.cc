#include "coordinator/schedule/worker_kinds.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/domain/worker_kind.h"

namespace assay {
namespace {

constexpr double kReachedShareOfRate = 0.5;
constexpr double kLoadBytesPerSecond = 1e9;
constexpr double kShortestLoad = 0.1;       // seconds
constexpr double kUnknownRate = 1e11;       // operations a second of a worker that measured nothing
constexpr double kUnknownParameters = 1e9;  // of a model

// How far what is measured of some models is from what was assumed of them: the geometric mean.
class Correction {
 public:
  void Add(double measured, double assumed) {
    if (measured <= 0 || assumed <= 0) return;
    sum_ += std::log(measured / assumed);
    ++count_;
  }
  double factor() const { return count_ > 0 ? std::exp(sum_ / count_) : 1; }

 private:
  double sum_ = 0;
  int count_ = 0;
};

// Workers measure plain types only.
Precision MeasuredAs(Precision precision) {
  if (precision == Precision::kInt8) return Precision::kBFloat16;
  if (precision == Precision::kLlmInt8) return Precision::kFloat16;
  return precision;
}

}  // namespace

KindSpeed SpeedOn(const WorkerInfo& worker, const QueuedModel& model, const ModelSpeed* measured) {
  if (worker.memory_bytes > 0 && model.memory_bytes > worker.memory_bytes) return {};
  KindSpeed speed;
  const auto rate = worker.gflops.find(std::string(PrecisionName(MeasuredAs(model.precision))));
  const double operations =
      rate != worker.gflops.end() && rate->second > 0 ? rate->second * 1e9 : kUnknownRate;
  const double parameters =
      model.parameters > 0 ? static_cast<double>(model.parameters) : kUnknownParameters;
  speed.tokens_per_second = operations * kReachedShareOfRate / (2 * parameters);
  speed.load_seconds =
      std::max(kShortestLoad, static_cast<double>(model.memory_bytes) / kLoadBytesPerSecond);
  if (measured != nullptr && measured->tokens_per_second > 0) {
    speed.tokens_per_second = measured->tokens_per_second;
  }
  if (measured != nullptr && measured->load_seconds > 0) {
    speed.load_seconds = measured->load_seconds;
  }
  return speed;
}

std::string ScheduleKind(const WorkerInfo& worker) {
  // Free memory is never quite the same on two machines.
  return absl::StrCat(worker.engine_version, "|", worker.remote_engine, "|", worker.sandbox, "|",
                      worker.device.substr(0, worker.device.find(':')), "|", worker.threads, "|",
                      worker.tensor_parallel, "|",
                      worker.memory_bytes > 0 ? absl::StrCat(worker.memory_bytes >> 30) : "");
}

void WorkerKinds::Update(const ClusterState* state) {
  state_ = state;
  index_.clear();
  names_.clear();
  speeds_.clear();
}

int WorkerKinds::Known(const WorkerInfo& worker) const {
  const auto found = index_.find(ScheduleKind(worker));
  return found == index_.end() ? -1 : found->second;
}

int WorkerKinds::Find(const WorkerInfo& worker) {
  const auto [entry, added] =
      index_.emplace(ScheduleKind(worker), static_cast<int>(speeds_.size()));
  if (!added) return entry->second;
  names_.push_back(entry->first);
  speeds_.push_back(SpeedsOf(worker));
  return entry->second;
}

std::vector<KindSpeed> WorkerKinds::SpeedsOf(const WorkerInfo& worker) const {
  const std::string kind = WorkerKindOf(worker);
  std::vector<KindSpeed> speeds;
  std::vector<const ModelSpeed*> measured;
  Correction rates, loads;
  for (const QueuedModel& model : state_->models) {
    const auto found =
        std::find_if(state_->speeds.begin(), state_->speeds.end(), [&](const ModelSpeed& speed) {
          return speed.weights_sha256 == model.weights_sha256 &&
                 speed.precision == model.precision && speed.kind == kind;
        });
    measured.push_back(found == state_->speeds.end() ? nullptr : &*found);
    speeds.push_back(SpeedOn(worker, model, nullptr));
    if (measured.back() == nullptr) continue;
    rates.Add(measured.back()->tokens_per_second, speeds.back().tokens_per_second);
    loads.Add(measured.back()->load_seconds, speeds.back().load_seconds);
  }
  for (size_t model = 0; model < speeds.size(); ++model) {
    if (speeds[model].tokens_per_second <= 0) continue;
    speeds[model].tokens_per_second *= rates.factor();
    speeds[model].load_seconds *= loads.factor();
    if (measured[model] == nullptr) continue;
    const KindSpeed known = SpeedOn(worker, state_->models[model], measured[model]);
    if (measured[model]->tokens_per_second > 0) {
      speeds[model].tokens_per_second = known.tokens_per_second;
    }
    if (measured[model]->load_seconds > 0) speeds[model].load_seconds = known.load_seconds;
  }
  return speeds;
}

}  // namespace assay
