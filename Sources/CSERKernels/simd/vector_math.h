// SPDX-License-Identifier: Apache-2.0
// exp, tanh, sigmoid and logarithms in single precision, written without branches so that loops over them become vector
// code under SER_CLONES. Each is within a few units in the last place of the true value, gives NaN
// for NaN, and the right limit at both infinities. Polynomials: minimax fits of the relative error on the reduced range
// (Cody and Waite, "Software Manual for the Elementary Functions", 1980, for the reductions).
#pragma once
#include <stdint.h>
#include <string.h>
#include "simd.h"

SER_INLINE float ser_float_of_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
SER_INLINE uint32_t ser_bits_of_float(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

// Adding 1.5 * 2^23 rounds to the nearest integer and leaves that integer in the low bits of the sum.
#define SER_ROUNDER 12582912.0f

/// e^x; 0 below x = -87 (where the value nears the smallest normal number), +infinity above 88.73.
SER_INLINE float ser_expf_approx(float x) {
    float bounded = x > 89.0f ? 89.0f : x;
    float shifted = bounded * 1.44269504f + SER_ROUNDER;
    float n = shifted - SER_ROUNDER;
    float r = (bounded - n * 0.693145752f) - n * 1.42860677e-6f;
    float p = 0.00138145988f;
    p = p * r + 0.00836871658f;
    p = p * r + 0.041668389f;
    p = p * r + 0.166665211f;
    p = p * r + 0.49999994f;
    p = (p * r) * r + r + 1.0f;
    // 2^n as 2 * 2^(n-1), so that n = 128 needs no case of its own.
    uint32_t half_power = (ser_bits_of_float(shifted) - ser_bits_of_float(SER_ROUNDER) + 126u) << 23;
    float value = p * ser_float_of_bits(half_power) * 2.0f;
    return x < -87.0f ? 0.0f : value;
}

/// 1 / (1 + e^-x)
SER_INLINE float ser_sigmoidf_approx(float x) { return 1.0f / (1.0f + ser_expf_approx(-x)); }

// The same with 127 on top: the sum's low bits, moved up, are 2 to the power of that integer.
#define SER_POWER_ROUNDER 12583039.0f

/// tanh x = (e^2x - 1) / (e^2x + 1) as numerator and denominator, with e^2x - 1 computed without cancellation.
SER_INLINE void ser_tanhf_fraction(float x, float *numerator, float *denominator) {
    float bounded = x > 9.1f ? 9.1f : x;
    bounded = bounded < -9.1f ? -9.1f : bounded;
    float shifted = bounded * 2.88539008f + SER_POWER_ROUNDER;
    float r = bounded - (shifted - SER_POWER_ROUNDER) * 0.34657359f;
    float p = 0.0888481066f;
    p = p * r + 0.267729521f;
    p = p * r + 0.66667521f;
    p = p * r + 1.33332348f;
    p = p * r + 1.99999988f;
    p = p * r + 2.0f;
    float power = ser_float_of_bits(ser_bits_of_float(shifted) << 23);
    *numerator = (p * r) * power + (power - 1.0f);
    *denominator = *numerator + 2.0f;
}

/// Hyperbolic tangent.
SER_INLINE float ser_tanhf_approx(float x) {
    float numerator, denominator;
    ser_tanhf_fraction(x, &numerator, &denominator);
    return numerator / denominator;
}

/// Natural logarithm; -infinity at 0, NaN below.
SER_INLINE float ser_logf_approx(float x) {
    int tiny = x < 1.17549435e-38f;
    float scaled = tiny ? x * 8388608.0f : x;
    uint32_t bits = ser_bits_of_float(scaled);
    // The mantissa m in [sqrt(1/2), sqrt(2)) and the exponent that goes with it.
    uint32_t offset = bits - 0x3f3504f3u;
    int32_t exponent = (int32_t)offset >> 23;
    float m = ser_float_of_bits((offset & 0x007fffffu) + 0x3f3504f3u);
    float e = (float)(exponent - (tiny ? 23 : 0));
    float f = m - 1.0f;
    float q = -0.0763461292f;
    q = q * f + 0.127617493f;
    q = q * f + -0.131602213f;
    q = q * f + 0.142017379f;
    q = q * f + -0.16623351f;
    q = q * f + 0.200012282f;
    q = q * f + -0.250008225f;
    q = q * f + 0.333333313f;
    float square = f * f;
    float value = e * 0.693145752f + (f + (square * (q * f - 0.5f) + e * 1.42860677e-6f));
    value = x == 0.0f ? -__builtin_inff() : value;
    value = x < 0.0f ? __builtin_nanf("") : value;
    value = x == __builtin_inff() ? x : value;
    return x != x ? x : value;
}

/// log(1 + x), accurate near 0; -infinity at -1, NaN below.
SER_INLINE float ser_log1pf_approx(float x) {
    float u = 1.0f + x;
    float lost = x - (u - 1.0f);  // what rounding 1 + x dropped (Higham, "Accuracy and Stability", 1.14.1)
    float value = ser_logf_approx(u) + lost / u;
    value = u == 1.0f ? x : value;
    value = u == 0.0f ? -__builtin_inff() : value;
    return u == __builtin_inff() ? u : value;
}
