#include "worker/parallel/nccl.h"

#include <ATen/DeviceAccelerator.h>
#include <ATen/core/Tensor.h>
#include <c10/core/Stream.h>
#include <dlfcn.h>

#include <array>
#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "worker/parallel/agreement.h"

namespace assay {
namespace {

// Of nccl.h, whose names and values are part of its binary interface.
constexpr int kSuccess = 0;
constexpr int kInProgress = 7;
constexpr int kUint8 = 1;
struct UniqueId {
  std::array<char, 128> bytes = {};
};
using Communicator = void*;

constexpr absl::Duration kPollPause = absl::Microseconds(50);

struct Functions {
  int (*get_unique_id)(UniqueId*) = nullptr;
  int (*init_rank)(Communicator*, int, UniqueId, int) = nullptr;
  int (*all_gather)(const void*, void*, size_t, int, Communicator, void*) = nullptr;
  int (*get_async_error)(Communicator, int*) = nullptr;
  int (*abort)(Communicator) = nullptr;
  const char* (*error_string)(int) = nullptr;
};

template <typename Function>
absl::Status Find(void* library, const std::string& path, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  if (*function != nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(path, " has no function ", name));
}

absl::Status Load(const std::string& path, Functions* functions) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    return absl::FailedPreconditionError(
        absl::StrCat("processes on GPUs exchange results by NCCL: ",
                     reason == nullptr ? "it cannot be loaded" : reason,
                     "; `deploy/setup cuda` fetches it, and --exchange host does without it"));
  }
  absl::Status status = Find(library, path, "ncclGetUniqueId", &functions->get_unique_id);
  status.Update(Find(library, path, "ncclCommInitRank", &functions->init_rank));
  status.Update(Find(library, path, "ncclAllGather", &functions->all_gather));
  status.Update(Find(library, path, "ncclCommGetAsyncError", &functions->get_async_error));
  status.Update(Find(library, path, "ncclCommAbort", &functions->abort));
  status.Update(Find(library, path, "ncclGetErrorString", &functions->error_string));
  return status;
}

class NcclGroup : public DeviceGroup {
 public:
  NcclGroup(Share share, const NcclOptions& options, const Functions& functions)
      : share_(share), options_(options), functions_(functions) {}
  // Not an orderly end, which would wait for processes that may not be there any more.
  ~NcclGroup() override { Abort(); }

  absl::Status Join(const UniqueId& id) {
    return Outcome("cannot connect",
                   functions_.init_rank(&communicator_, static_cast<int>(share_.count), id,
                                        static_cast<int>(share_.index)));
  }

  Share share() const override { return share_; }
  absl::Status AllGather(const at::Tensor& mine, const at::Tensor& all) override {
    if (communicator_ == nullptr) return absl::UnavailableError("NCCL: the group has failed");
    return Outcome("an exchange", functions_.all_gather(
                                      mine.const_data_ptr(), all.mutable_data_ptr(), mine.nbytes(),
                                      kUint8, communicator_, CurrentStream().native_handle()));
  }
  // An exchange whose other side is gone never ends by itself.
  absl::Status Wait() override {
    const absl::Time end = absl::Now() + options_.patience;
    const c10::Stream stream = CurrentStream();
    while (!stream.query()) {
      int error = kSuccess;
      if (communicator_ == nullptr) return absl::UnavailableError("NCCL: the group has failed");
      functions_.get_async_error(communicator_, &error);
      absl::Status status = Outcome("an exchange", error);
      if (!status.ok() || absl::Now() > end) {
        Abort();
        if (!status.ok()) return status;
        return absl::UnavailableError(absl::StrCat("NCCL: no answer of the other processes within ",
                                                   absl::FormatDuration(options_.patience)));
      }
      absl::SleepFor(kPollPause);
    }
    return absl::OkStatus();
  }

 private:
  c10::Stream CurrentStream() const {
    return at::accelerator::getCurrentStream(static_cast<c10::DeviceIndex>(options_.device));
  }
  absl::Status Outcome(const char* what, int result) const {
    if (result == kSuccess || result == kInProgress) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("NCCL: ", what, ": ", functions_.error_string(result)));
  }
  void Abort() {
    if (communicator_ != nullptr) functions_.abort(communicator_);
    communicator_ = nullptr;
  }

  const Share share_;
  const NcclOptions options_;
  const Functions functions_;
  Communicator communicator_ = nullptr;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DeviceGroup>> JoinNccl(TensorParallel* group,
                                                      const NcclOptions& options) {
  Functions functions;
  UniqueId id;
  absl::Status status = Load(options.library, &functions);
  if (status.ok() && group->share().index == 0) {
    const int result = functions.get_unique_id(&id);
    if (result != kSuccess) {
      status = absl::UnavailableError(
          absl::StrCat("NCCL: cannot listen: ", functions.error_string(result)));
    }
  }
  // Where one cannot, none may wait for it within NCCL.
  if (absl::Status agreed = AgreeOn(group, status); !agreed.ok()) return agreed;
  if (absl::Status sent = group->Broadcast(id.bytes.data(), sizeof(id)); !sent.ok()) return sent;
  auto joined = std::make_unique<NcclGroup>(group->share(), options, functions);
  if (absl::Status agreed = AgreeOn(group, joined->Join(id)); !agreed.ok()) return agreed;
  return joined;
}

}  // namespace assay
