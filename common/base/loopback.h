// Whether an address is this machine's alone.
#ifndef ASSAY_COMMON_BASE_LOOPBACK_H_
#define ASSAY_COMMON_BASE_LOOPBACK_H_

#include "absl/strings/string_view.h"

namespace assay {

// Of a host without a port: "localhost", or what is written as an address of 127.0.0.0/8 or as ::1,
// with brackets or without. A name that only looks like one, "127.0.0.1.example", is another
// machine's.
bool IsLoopbackHost(absl::string_view host);

// Of "HOST:PORT" or a host alone; a target of gRPC's with a scheme ("dns:///HOST:PORT") is not told
// apart.
bool IsLoopbackAddress(absl::string_view address);

}  // namespace assay

#endif  // ASSAY_COMMON_BASE_LOOPBACK_H_
