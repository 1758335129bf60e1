// Any bytes as a file of DROP with a question a line.
#include "tests/fuzz/drop_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return assay::FuzzDrop("fuzz.jsonl", data, size);
}
