#include "worker/parallel/process_group.h"

#include <ATen/ATen.h>

#include <chrono>
#include <exception>
#include <utility>
#include <vector>

// gloo itself is within libtorch; its headers, of which only declarations are used, come from
// elsewhere.
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

// Between two models the processes wait for the first one's word; what ends them is the end of
// their connection.
constexpr std::chrono::hours kLongestPause{24 * 365};

std::string FirstLine(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

at::Tensor Bytes(const void* data, int64_t bytes) {
  return at::from_blob(const_cast<void*>(data), {bytes}, at::kByte);
}

}  // namespace

class ProcessGroup::Impl {
 public:
  explicit Impl(const ProcessGroupOptions& options) : options_(options) {}

  void Open() {
    c10d::TCPStoreOptions store;
    store.port = static_cast<uint16_t>(options_.port);
    store.isServer = options_.share.index == 0;
    store.numWorkers = static_cast<size_t>(options_.share.count);
    store.waitWorkers = false;
    store.timeout = absl::ToChronoMilliseconds(options_.patience);
    store_ = c10::make_intrusive<c10d::TCPStore>(options_.host, store);
  }

  void Join() {
    auto gloo = c10d::ProcessGroupGloo::Options::create(std::chrono::milliseconds(kLongestPause));
    gloo->devices.push_back(options_.host == "127.0.0.1"
                                ? c10d::ProcessGroupGloo::createDeviceForHostname(options_.host)
                                : c10d::ProcessGroupGloo::createDefaultDevice());
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(
        store_, static_cast<int>(options_.share.index), static_cast<int>(options_.share.count),
        std::move(gloo));
  }

  template <typename Body>
  absl::Status Try(const char* what, Body body) const {
    try {
      body();
      return absl::OkStatus();
    } catch (const std::exception& error) {
      return absl::UnavailableError(absl::StrCat("the group of ", options_.share.count,
                                                 " processes: ", what, ": ", FirstLine(error)));
    }
  }

  const ProcessGroupOptions options_;
  c10::intrusive_ptr<c10d::TCPStore> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

ProcessGroup::ProcessGroup(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ProcessGroup::~ProcessGroup() = default;

absl::StatusOr<std::unique_ptr<ProcessGroup>> ProcessGroup::Create(
    const ProcessGroupOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  const absl::Status status =
      impl->Try(options.share.index == 0 ? "cannot listen" : "the first one is not reached",
                [&] { impl->Open(); });
  if (!status.ok()) return status;
  return std::unique_ptr<ProcessGroup>(new ProcessGroup(std::move(impl)));
}

int ProcessGroup::port() const { return impl_->store_->getPort(); }

absl::Status ProcessGroup::Join() {
  return impl_->Try("not all have come", [this] { impl_->Join(); });
}

Share ProcessGroup::share() const { return impl_->options_.share; }

absl::Status ProcessGroup::AllGather(const void* mine, int64_t bytes, void* all) {
  return impl_->Try("one has ended", [&] {
    std::vector<at::Tensor> inputs = {Bytes(mine, bytes)};
    std::vector<std::vector<at::Tensor>> outputs(1);
    for (int64_t i = 0; i < share().count; ++i) {
      outputs.front().push_back(Bytes(static_cast<char*>(all) + i * bytes, bytes));
    }
    impl_->group_->allgather(outputs, inputs)->wait();
  });
}

absl::Status ProcessGroup::Broadcast(void* data, int64_t bytes) {
  return impl_->Try("one has ended", [&] {
    std::vector<at::Tensor> tensors = {Bytes(data, bytes)};
    impl_->group_->broadcast(tensors)->wait();
  });
}

}  // namespace assay
