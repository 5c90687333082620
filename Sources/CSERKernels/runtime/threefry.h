// SPDX-License-Identifier: Apache-2.0
// Threefry-2x32 with 20 rounds (Salmon et al., SC 2011), for inlining into vector loops.
#pragma once
#include <stdint.h>
#include "../simd/simd.h"

SER_INLINE uint32_t ser_rotate(uint32_t x, int n) { return (x << n) | (x >> (32 - n)); }

/// Encrypts the counter (*a, *b) in place.
SER_INLINE void ser_threefry_words(uint32_t k0, uint32_t k1, uint32_t *a, uint32_t *b) {
    uint32_t k2 = 0x1BD11BDAu ^ k0 ^ k1, x = *a + k0, y = *b + k1;
#define ROUND(r)                                                                                                       \
    x += y;                                                                                                            \
    y = ser_rotate(y, r);                                                                                              \
    y ^= x;
#define FOUR(p, q, r, s) ROUND(p) ROUND(q) ROUND(r) ROUND(s)
    FOUR(13, 15, 26, 6) x += k1;
    y += k2 + 1;
    FOUR(17, 29, 16, 24) x += k2;
    y += k0 + 2;
    FOUR(13, 15, 26, 6) x += k0;
    y += k1 + 3;
    FOUR(17, 29, 16, 24) x += k1;
    y += k2 + 4;
    FOUR(13, 15, 26, 6) x += k2;
    y += k0 + 5;
#undef FOUR
#undef ROUND
    *a = x;
    *b = y;
}
