// An iterator that tells how far a parser has read.
#ifndef ASSAY_COMMON_BENCHMARK_TRACKED_ITERATOR_H_
#define ASSAY_COMMON_BENCHMARK_TRACKED_ITERATOR_H_

#include <cstddef>
#include <iterator>

namespace assay {

// Walks over text and keeps in `*offset`, which copies share, how far the parser has read.
class TrackedIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedIterator(const char* begin, const char* at, size_t* offset)
      : begin_(begin), at_(at), offset_(offset) {}
  reference operator*() const { return *at_; }
  TrackedIterator& operator++() {
    ++at_;
    *offset_ = static_cast<size_t>(at_ - begin_);
    return *this;
  }
  TrackedIterator operator++(int) {
    TrackedIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const TrackedIterator& a, const TrackedIterator& b) {
    return a.at_ == b.at_;
  }
  friend bool operator!=(const TrackedIterator& a, const TrackedIterator& b) {
    return a.at_ != b.at_;
  }

 private:
  const char* begin_;
  const char* at_;
  size_t* offset_;
};

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_TRACKED_ITERATOR_H_
