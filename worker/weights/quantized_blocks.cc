#include "worker/weights/quantized_blocks.h"

#include "worker/weights/float_bits.h"

namespace assay {
namespace {

float Scale(const uint8_t* bytes) { return Float16Bits(LoadAs<uint16_t>(bytes)); }

// The 6-bit scale and minimum of each of the 8 groups, from the 12 bytes of Q4_K and Q5_K.
// Groups 0 to 3 lie in the low bits of bytes 0-3 and 4-7; groups 4 to 7 in the nibbles of bytes
// 8-11 and the top bits before.
struct GroupScales {
  float scale[8];
  float minimum[8];
};
GroupScales UnpackGroupScales(float d, float dmin, const uint8_t* packed) {
  GroupScales groups;
  for (int i = 0; i < 4; ++i) {
    const uint8_t a = packed[i], b = packed[4 + i], c = packed[8 + i];
    groups.scale[i] = d * static_cast<float>(a & 0x3f);
    groups.minimum[i] = dmin * static_cast<float>(b & 0x3f);
    groups.scale[4 + i] = d * static_cast<float>((c & 0x0f) | ((a >> 2) & 0x30));
    groups.minimum[4 + i] = dmin * static_cast<float>((c >> 4) | ((b >> 2) & 0x30));
  }
  return groups;
}

}  // namespace

void DequantizeQ8_0(const uint8_t* block, float* out) {
  const float d = Scale(block);
  const int8_t* q = reinterpret_cast<const int8_t*>(block + 2);
  for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(q[i]) * d;
}

void DequantizeQ4_0(const uint8_t* block, float* out) {
  const float d = Scale(block);
  const uint8_t* q = block + 2;
  for (int i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>((q[i] & 0x0f) - 8);
    out[16 + i] = d * static_cast<float>((q[i] >> 4) - 8);
  }
}

void DequantizeQ4_1(const uint8_t* block, float* out) {
  const float d = Scale(block);
  const float m = Scale(block + 2);
  const uint8_t* q = block + 4;
  for (int i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>(q[i] & 0x0f) + m;
    out[16 + i] = d * static_cast<float>(q[i] >> 4) + m;
  }
}

void DequantizeQ5_0(const uint8_t* block, float* out) {
  const float d = Scale(block);
  const uint32_t fifth = LoadAs<uint32_t>(block + 2);
  const uint8_t* q = block + 6;
  for (int i = 0; i < 16; ++i) {
    const int low = (q[i] & 0x0f) | static_cast<int>(((fifth >> i) & 1) << 4);
    const int high = (q[i] >> 4) | static_cast<int>(((fifth >> (16 + i)) & 1) << 4);
    out[i] = d * static_cast<float>(low - 16);
    out[16 + i] = d * static_cast<float>(high - 16);
  }
}

void DequantizeQ5_1(const uint8_t* block, float* out) {
  const float d = Scale(block);
  const float m = Scale(block + 2);
  const uint32_t fifth = LoadAs<uint32_t>(block + 4);
  const uint8_t* q = block + 8;
  for (int i = 0; i < 16; ++i) {
    const int low = (q[i] & 0x0f) | static_cast<int>(((fifth >> i) & 1) << 4);
    const int high = (q[i] >> 4) | static_cast<int>(((fifth >> (16 + i)) & 1) << 4);
    out[i] = d * static_cast<float>(low) + m;
    out[16 + i] = d * static_cast<float>(high) + m;
  }
}

void DequantizeQ2_K(const uint8_t* block, float* out) {
  const uint8_t* scales = block;  // 16: scale in the low nibble, minimum in the high
  const uint8_t* q = block + 16;  // 64
  const float d = Scale(block + 80);
  const float dmin = Scale(block + 82);
  for (int group = 0; group < 16; ++group) {
    const float scale = d * static_cast<float>(scales[group] & 0x0f);
    const float minimum = dmin * static_cast<float>(scales[group] >> 4);
    // 32 bytes hold four runs of 32 values, two bits each; two such halves.
    const uint8_t* bytes = q + group / 8 * 32 + group % 2 * 16;
    const int shift = group / 2 % 4 * 2;
    for (int i = 0; i < 16; ++i) {
      out[group * 16 + i] = scale * static_cast<float>((bytes[i] >> shift) & 3) - minimum;
    }
  }
}

void DequantizeQ3_K(const uint8_t* block, float* out) {
  const uint8_t* third = block;        // 32: the third bit, inverted
  const uint8_t* q = block + 32;       // 64: two bits, as in Q2_K
  const uint8_t* scales = block + 96;  // 12: 16 low nibbles, then 16 high pairs of bits
  const float d = Scale(block + 108);
  for (int group = 0; group < 16; ++group) {
    const int low = (scales[group % 8] >> (group / 8 * 4)) & 0x0f;
    const int high = (scales[8 + group % 4] >> (group / 4 * 2)) & 3;
    const float scale = d * static_cast<float>((low | high << 4) - 32);
    const uint8_t* bytes = q + group / 8 * 32 + group % 2 * 16;
    const uint8_t* masks = third + group % 2 * 16;
    const int shift = group / 2 % 4 * 2;
    const int bit = group / 2;
    for (int i = 0; i < 16; ++i) {
      const int less = ((masks[i] >> bit) & 1) == 0 ? 4 : 0;
      out[group * 16 + i] = scale * static_cast<float>(((bytes[i] >> shift) & 3) - less);
    }
  }
}

void DequantizeQ4_K(const uint8_t* block, float* out) {
  const GroupScales groups = UnpackGroupScales(Scale(block), Scale(block + 2), block + 4);
  const uint8_t* q = block + 16;  // 128
  for (int group = 0; group < 8; ++group) {
    const float scale = groups.scale[group];
    const float minimum = groups.minimum[group];
    const uint8_t* bytes = q + group / 2 * 32;
    const int shift = group % 2 * 4;
    for (int i = 0; i < 32; ++i) {
      out[group * 32 + i] = scale * static_cast<float>((bytes[i] >> shift) & 0x0f) - minimum;
    }
  }
}

void DequantizeQ5_K(const uint8_t* block, float* out) {
  const GroupScales groups = UnpackGroupScales(Scale(block), Scale(block + 2), block + 4);
  const uint8_t* fifth = block + 16;  // 32: bit g of byte i is of value i of group g
  const uint8_t* q = block + 48;      // 128
  for (int group = 0; group < 8; ++group) {
    const float scale = groups.scale[group];
    const float minimum = groups.minimum[group];
    const uint8_t* bytes = q + group / 2 * 32;
    const int shift = group % 2 * 4;
    for (int i = 0; i < 32; ++i) {
      const int value = ((bytes[i] >> shift) & 0x0f) | ((fifth[i] >> group) & 1) << 4;
      out[group * 32 + i] = scale * static_cast<float>(value) - minimum;
    }
  }
}

void DequantizeQ6_K(const uint8_t* block, float* out) {
  const uint8_t* low = block;         // 128 nibbles' bytes: 64 bytes hold two runs of 64 values
  const uint8_t* high = block + 128;  // 64: two bits, as in Q2_K
  const int8_t* scales = reinterpret_cast<const int8_t*>(block + 192);  // 16
  const float d = Scale(block + 208);
  for (int group = 0; group < 16; ++group) {
    const float scale = d * static_cast<float>(scales[group]);
    const uint8_t* low_bytes = low + group / 8 * 64 + group % 4 * 16;
    const uint8_t* high_bytes = high + group / 8 * 32 + group % 2 * 16;
    const int low_shift = group / 4 % 2 * 4;
    const int high_shift = group / 2 % 4 * 2;
    for (int i = 0; i < 16; ++i) {
      const int value = ((low_bytes[i] >> low_shift) & 0x0f) | ((high_bytes[i] >> high_shift) & 3)
                                                                   << 4;
      out[group * 16 + i] = scale * static_cast<float>(value - 32);
    }
  }
}

void DequantizeQ8_K(const uint8_t* block, float* out) {
  const float d = LoadAs<float>(block);
  const int8_t* q = reinterpret_cast<const int8_t*>(block + 4);
  for (int i = 0; i < 256; ++i) out[i] = d * static_cast<float>(q[i]);
}

}  // namespace assay
