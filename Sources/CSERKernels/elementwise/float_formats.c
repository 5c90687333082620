// SPDX-License-Identifier: Apache-2.0

#include "ser_float_formats.h"
#include "../simd/simd.h"
#include <string.h>

SER_INLINE float from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

SER_INLINE uint32_t to_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

SER_CLONES int32_t ser_all_below(const float *x, int64_t count, float limit) {
    int32_t outside = 0;
    for (int64_t i = 0; i < count; i++) outside |= !(__builtin_fabsf(x[i]) < limit);
    return !outside;
}

SER_INLINE float half(uint32_t h) {
    uint32_t sign = (h & 0x8000u) << 16, rest = h & 0x7fffu;
    // Moved into place, the exponent is too small by 127 - 15; a product puts that right, subnormals included.
    float scaled = from_bits(rest << 13) * 0x1p112f;
    uint32_t special = 0x7f800000u | (rest & 0x3ffu) << 13;
    return from_bits((rest >= 0x7c00u ? special : to_bits(scaled)) | sign);
}

SER_INLINE uint16_t to_half(float x) {
    uint32_t bits = to_bits(x), sign = bits >> 16 & 0x8000u, rest = bits & 0x7fffffffu;
    // Below 2^-14 the places of binary16 have a fixed weight: adding 0.5 lets the processor round to it.
    uint32_t subnormal = to_bits(from_bits(rest) + 0.5f) - to_bits(0.5f);
    uint32_t normal = (rest - (112u << 23) + 0xfffu + (rest >> 13 & 1u)) >> 13;
    uint32_t special = rest > 0x7f800000u ? 0x7e00u : 0x7c00u;
    uint32_t value = rest < 113u << 23 ? subnormal : rest < 0x477ff000u ? normal : special;
    return (uint16_t)(sign | value);
}

SER_CLONES void ser_from_float16(float *restrict out, const uint16_t *restrict in, int64_t count) {
    for (int64_t i = 0; i < count; i++) out[i] = half(in[i]);
}

SER_CLONES void ser_to_float16(uint16_t *restrict out, const float *restrict in, int64_t count) {
    for (int64_t i = 0; i < count; i++) out[i] = to_half(in[i]);
}

SER_CLONES void ser_from_bfloat16(float *restrict out, const uint16_t *restrict in, int64_t count) {
    for (int64_t i = 0; i < count; i++) out[i] = from_bits((uint32_t)in[i] << 16);
}

SER_CLONES void ser_to_bfloat16(uint16_t *restrict out, const float *restrict in, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits = to_bits(in[i]);
        uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
        out[i] = (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? bits >> 16 | 0x40u : rounded);
    }
}

SER_CLONES void ser_from_float64(float *restrict out, const double *restrict in, int64_t count) {
    for (int64_t i = 0; i < count; i++) out[i] = (float)in[i];
}

void ser_from_float8_e5m2(float *restrict out, const uint8_t *restrict in, int64_t count) {
    for (int64_t i = 0; i < count; i++) out[i] = half((uint32_t)in[i] << 8);
}

void ser_from_float8_e4m3(float *restrict out, const uint8_t *restrict in, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        uint32_t sign = (in[i] & 0x80u) << 24, rest = in[i] & 0x7fu;
        uint32_t magnitude = to_bits(from_bits(rest << 20) * 0x1p120f);
        out[i] = from_bits((rest == 0x7fu ? 0x7fc00000u : magnitude) | sign);
    }
}
