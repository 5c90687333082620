// SPDX-License-Identifier: Apache-2.0

#include "ser_random.h"
#include "../simd/simd.h"
#include "../runtime/threefry.h"

// A group of 4 * LANES elements takes 2 * LANES words of 32 bits, 16 bits an element.
enum { LANES = 64, GROUP = 4 * LANES };

SER_CLONES void ser_dropout(float *restrict out, void *restrict kept, const float *restrict x, int64_t first,
                            int64_t count, uint64_t key, uint32_t threshold, float scale) {
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    uint8_t *restrict bytes = kept;
    for (int64_t base = 0; base < count; base += GROUP) {
        uint32_t low[LANES], high[LANES];
        uint8_t keep[GROUP];
        uint64_t counter = (uint64_t)(first + base) / 4;
        for (int j = 0; j < LANES; j++) {
            uint64_t c = counter + (uint64_t)j;
            uint32_t a = (uint32_t)c, b = (uint32_t)(c >> 32);
            ser_threefry_words(k0, k1, &a, &b);
            low[j] = a;
            high[j] = b;
        }
        for (int j = 0; j < LANES; j++) keep[j] = (low[j] & 0xffffu) >= threshold;
        for (int j = 0; j < LANES; j++) keep[LANES + j] = (low[j] >> 16) >= threshold;
        for (int j = 0; j < LANES; j++) keep[2 * LANES + j] = (high[j] & 0xffffu) >= threshold;
        for (int j = 0; j < LANES; j++) keep[3 * LANES + j] = (high[j] >> 16) >= threshold;
        int64_t n = count - base < GROUP ? count - base : GROUP;
        for (int64_t j = 0; j < n; j++) {
            bytes[base + j] = keep[j];
            out[base + j] = x[base + j] * (keep[j] ? scale : 0.0f);  // so that NaN stays NaN
        }
    }
}

SER_CLONES void ser_dropout_backward(float *restrict dx, const float *restrict dy, const void *restrict kept,
                                     int64_t count, float scale, bool accumulate) {
    const uint8_t *restrict bytes = kept;
    if (accumulate) {
        for (int64_t i = 0; i < count; i++) dx[i] += dy[i] * (bytes[i] ? scale : 0.0f);
    } else {
        for (int64_t i = 0; i < count; i++) dx[i] = dy[i] * (bytes[i] ? scale : 0.0f);
    }
}
