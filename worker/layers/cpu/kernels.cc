#include "worker/layers/cpu/kernels.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace assay::cpu {
namespace {

// Linux gives a process the tile registers only when it asks (Documentation/x86/xstate.rst).
bool RequestTiles() {
  constexpr long kArchRequestPermission = 0x1023;
  constexpr long kTileData = 18;
  return syscall(SYS_arch_prctl, kArchRequestPermission, kTileData) == 0;
}

bool HasAmxBf16() {
  unsigned int a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned int kAmxBf16 = 1u << 22, kAmxTile = 1u << 24;
  return (d & kAmxBf16) != 0 && (d & kAmxTile) != 0 && __builtin_cpu_supports("avx512bf16") != 0 &&
         RequestTiles();
}

bool HasAvx512() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}

const Kernels& Choose() {
  const char* wish = std::getenv("ASSAY_CPU_KERNELS");
  const std::string most = wish == nullptr ? "" : wish;
  if (__builtin_cpu_supports("avx2") == 0 || __builtin_cpu_supports("fma") == 0) {
    std::fputs("This program needs a processor with AVX2 and FMA.\n", stderr);
    std::exit(1);
  }
  if (most == "avx2" || !HasAvx512()) return Avx2Kernels();
  if (most == "avx512" || !HasAmxBf16()) return Avx512Kernels();
  return AmxKernels();
}

}  // namespace

const Kernels& BestKernels() {
  static const Kernels& kernels = Choose();
  return kernels;
}

uint16_t ToBits16(Precision precision, float value) {
  if (precision == Precision::kFloat16) {
    return std::bit_cast<uint16_t>(static_cast<_Float16>(value));
  }
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<uint16_t>((bits >> 16) | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

float FromBits16(Precision precision, uint16_t bits) {
  if (precision == Precision::kFloat16) return static_cast<float>(std::bit_cast<_Float16>(bits));
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

}  // namespace assay::cpu
