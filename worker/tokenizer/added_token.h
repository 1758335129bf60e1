// A token beside a tokenizer's own vocabulary, found in text before anything else is done to it.
#ifndef ASSAY_WORKER_TOKENIZER_ADDED_TOKEN_H_
#define ASSAY_WORKER_TOKENIZER_ADDED_TOKEN_H_

#include <cstdint>
#include <string>

namespace assay {

// The flags are those of the tokenizers library.
struct AddedToken {
  std::string content = {};
  bool single_word = false;
  bool lstrip = false;      // takes the white space before it along
  bool rstrip = false;      // and that behind it
  bool normalized = false;  // looked for in the normalized text
  bool special = false;     // left out when decoding without special tokens

  friend bool operator==(const AddedToken&, const AddedToken&) = default;
};

struct AddedTokenWithId {
  int32_t id = 0;
  AddedToken token = {};
};

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_ADDED_TOKEN_H_
