// The version of the program and of the engine. Predictions of different engine versions are never
// mixed in one run.
#ifndef ASSAY_COMMON_BASE_VERSION_H_
#define ASSAY_COMMON_BASE_VERSION_H_

namespace assay {

inline constexpr char kVersion[] = "0.1.0";
// Raised whenever a change of the engine may change a bit of its output. A worker names its engine
// "<kEngineVersion>/<kernels>", for example "1/amx", since the kernels of each instruction set
// differ in the last bits (worker/layers/cpu/kernels.h).
inline constexpr char kEngineVersion[] = "2";
// The engine that runs of remote models are recorded with. Its number is raised whenever other
// requests may be sent for the same item.
inline constexpr char kRemoteEngine[] = "openai/1";

}  // namespace assay

#endif  // ASSAY_COMMON_BASE_VERSION_H_
