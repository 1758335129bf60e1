// Internal to the reading of declarations: its protocols.
#ifndef ASSAY_COMMON_DECLARATION_PROTOCOL_READER_H_
#define ASSAY_COMMON_DECLARATION_PROTOCOL_READER_H_

#include "absl/strings/string_view.h"
#include "common/declaration/declaration.h"

namespace assay {

// Reads the list `node` into declaration->protocols; everything else of the declaration is there.
void ReadProtocols(const YamlNode& node, Declaration* declaration, Mistakes* mistakes);

// A mistake where a name is none that users can give.
void CheckName(const YamlNode& node, absl::string_view what, Mistakes* mistakes);

}  // namespace assay

#endif  // ASSAY_COMMON_DECLARATION_PROTOCOL_READER_H_
