#include "worker/session/worker.h"

#include <algorithm>
#include <utility>

#include "spdlog/spdlog.h"

namespace assay {

Worker::Worker(const std::vector<std::shared_ptr<grpc::Channel>>& coordinators,
               const SessionOptions& options, ModelLoader* loader, ProgramRunner* programs,
               int programs_at_once, BenchmarkFinder find_benchmark, Clock* clock,
               std::function<double()> random, const RemoteRunnerFactory& make_remote)
    : tracker_(clock, options.observer),
      session_(coordinators, options, clock, std::move(random)),
      programs_(programs, programs_at_once,
                [this](ShardReport report) { Report(std::move(report)); }),
      pipeline_(
          loader, std::move(find_benchmark), clock,
          [this](ShardReport report) { Report(std::move(report)); },
          std::max(options.state.shards_in_flight - 1, 1), &programs_, options.observer),
      remote_(
          make_remote == nullptr
              ? nullptr
              : make_remote([this](ShardReport report) { Report(std::move(report)); }, &programs_)),
      router_(&pipeline_, remote_.get(), &tracker_) {}

Worker::~Worker() { Stop(absl::ZeroDuration()); }

void Worker::Report(ShardReport report) {
  tracker_.Reported(&report);
  session_.Report(std::move(report));
}

void Worker::Start() {
  programs_.Start();
  pipeline_.Start();
  if (remote_ != nullptr) remote_->Start();
  session_.Start(&router_);
}

void Worker::Stop(absl::Duration grace) {
  if (std::exchange(stopped_, true)) return;
  pipeline_.ReturnUnfinished();
  if (remote_ != nullptr) remote_->ReturnUnfinished();
  programs_.ReturnUnfinished();
  if (!session_.Drain(grace)) {
    SPDLOG_WARN("some reports are not acknowledged; their leases will run out");
  }
  session_.Stop();
  pipeline_.Stop();
  if (remote_ != nullptr) remote_->Stop();
  programs_.Stop();
}

}  // namespace assay
