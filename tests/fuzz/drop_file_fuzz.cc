// Any bytes as a file of DROP in the form of its authors.
#include "tests/fuzz/drop_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return assay::FuzzDrop("fuzz.json", data, size);
}
