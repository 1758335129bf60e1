// Any bytes as a tokenizer.json: it is refused, or can be used.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/tokenizer_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  assay::UseJson({reinterpret_cast<const char*>(data), size});
  return 0;
}
