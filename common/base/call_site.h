// Where a function was called from: std::source_location, also under a compiler that has no builtin
// for it (clang before 15, which reads the sources for clang-tidy and libFuzzer).
#ifndef ASSAY_COMMON_BASE_CALL_SITE_H_
#define ASSAY_COMMON_BASE_CALL_SITE_H_

#include <source_location>

namespace assay {

#ifdef __cpp_lib_source_location
using CallSite = std::source_location;
#else
class CallSite {
 public:
  static constexpr CallSite current(const char* function = __builtin_FUNCTION()) {
    return CallSite(function);
  }
  // Without the scope and the parameters that std::source_location gives with it.
  constexpr const char* function_name() const { return function_; }

 private:
  constexpr explicit CallSite(const char* function) : function_(function) {}

  const char* function_;
};
#endif

}  // namespace assay

#endif  // ASSAY_COMMON_BASE_CALL_SITE_H_
