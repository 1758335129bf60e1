// File descriptors that close themselves. All are closed on exec.
#ifndef ASSAY_WORKER_SANDBOX_PROTOCOL_DESCRIPTOR_H_
#define ASSAY_WORKER_SANDBOX_PROTOCOL_DESCRIPTOR_H_

#include <string>
#include <string_view>
#include <utility>

namespace assay {

// Owns a descriptor, or none. Movable; not thread-safe.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  int get() const { return number_; }
  bool valid() const { return number_ >= 0; }
  void Close();

 private:
  int number_ = -1;
};

// In these, an invalid Descriptor or false says that errno holds the reason.

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};
Pipe MakePipe();

// A file in memory with this content, to be read from its start.
Descriptor MemoryFile(std::string_view content);

// The same file at a number of at least `minimum`.
Descriptor Duplicate(const Descriptor& descriptor, int minimum);

bool WriteAll(int descriptor, std::string_view bytes);
// Up to the end of the file.
bool ReadAll(int descriptor, std::string& bytes);

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_PROTOCOL_DESCRIPTOR_H_
