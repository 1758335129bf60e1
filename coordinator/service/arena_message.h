// A message of a stream, with all that it holds in an arena of its own: made and freed at once.
#ifndef ASSAY_COORDINATOR_SERVICE_ARENA_MESSAGE_H_
#define ASSAY_COORDINATOR_SERVICE_ARENA_MESSAGE_H_

#include <google/protobuf/arena.h>

#include <cstddef>
#include <memory>

namespace assay {

// Moving it leaves the message where it is, and the source without one.
template <typename Message>
class ArenaMessage {
 public:
  ArenaMessage()
      : arena_(std::make_unique<google::protobuf::Arena>(Options())),
        message_(google::protobuf::Arena::CreateMessage<Message>(arena_.get())) {}

  Message* get() const { return message_; }
  Message& operator*() const { return *message_; }
  Message* operator->() const { return message_; }

 private:
  static constexpr size_t kMostBlockBytes = size_t{64} << 10;

  static google::protobuf::ArenaOptions Options() {
    google::protobuf::ArenaOptions options;
    options.max_block_size = kMostBlockBytes;
    return options;
  }

  std::unique_ptr<google::protobuf::Arena> arena_;
  Message* message_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_ARENA_MESSAGE_H_
