#include "worker/session/worker.h"

#include <algorithm>
#include <utility>

#include "spdlog/spdlog.h"

namespace assay {

Worker::Worker(std::shared_ptr<grpc::Channel> channel, const SessionOptions& options,
               ModelLoader* loader, BenchmarkFinder find_benchmark, Clock* clock,
               std::function<double()> random)
    : session_(std::move(channel), options, clock, std::move(random)),
      pipeline_(
          loader, std::move(find_benchmark), clock,
          [this](ShardReport report) { session_.Report(std::move(report)); },
          std::max(options.state.shards_in_flight - 1, 1)) {}

Worker::~Worker() { Stop(absl::ZeroDuration()); }

void Worker::Start() {
  pipeline_.Start();
  session_.Start(&pipeline_);
}

void Worker::Stop(absl::Duration grace) {
  if (std::exchange(stopped_, true)) return;
  pipeline_.ReturnUnfinished();
  if (!session_.Drain(grace)) {
    spdlog::warn("some reports are not acknowledged; their leases will run out");
  }
  session_.Stop();
  pipeline_.Stop();
}

}  // namespace assay
