// The declarations of benchmarks that are part of the program: the files of the folder declared/.
#ifndef ASSAY_COMMON_CATALOG_EMBEDDED_DECLARATIONS_H_
#define ASSAY_COMMON_CATALOG_EMBEDDED_DECLARATIONS_H_

#include "absl/types/span.h"

namespace assay {

struct EmbeddedDeclaration {
  const char* name;  // the file's, without ".yaml"
  const char* text;
};

// In order of name.
absl::Span<const EmbeddedDeclaration> EmbeddedDeclarations();

}  // namespace assay

#endif  // ASSAY_COMMON_CATALOG_EMBEDDED_DECLARATIONS_H_
