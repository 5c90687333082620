// SPDX-License-Identifier: Apache-2.0

#include "ser_random.h"
#include "threefry.h"

uint64_t ser_threefry(uint64_t key, uint64_t counter) {
    uint32_t a = (uint32_t)counter, b = (uint32_t)(counter >> 32);
    ser_threefry_words((uint32_t)key, (uint32_t)(key >> 32), &a, &b);
    return (uint64_t)b << 32 | a;
}

// Element i of the first half of a group of 2 * LANES takes the first word of its block, of the second half the second.
enum { LANES = 64 };

SER_CLONES void ser_random_uniform(float *out, int64_t count, uint64_t key) {
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int64_t base = 0; base < count; base += 2 * LANES) {
        float values[2 * LANES];
        for (int j = 0; j < LANES; j++) {
            uint64_t counter = (uint64_t)base / 2 + (uint64_t)j;
            uint32_t a = (uint32_t)counter, b = (uint32_t)(counter >> 32);
            ser_threefry_words(k0, k1, &a, &b);
            values[j] = (float)(int32_t)(a >> 8) * 0x1p-24f;
            values[LANES + j] = (float)(int32_t)(b >> 8) * 0x1p-24f;
        }
        int64_t n = count - base < 2 * LANES ? count - base : 2 * LANES;
        for (int64_t j = 0; j < n; j++) out[base + j] = values[j];
    }
}

SER_CLONES void ser_random_dropout_mask(float *mask, int64_t count, uint64_t key, float rate) {
    float keep = 1.0f / (1.0f - rate);
    ser_random_uniform(mask, count, key);
    for (int64_t i = 0; i < count; i++) mask[i] = mask[i] < rate ? 0.0f : keep;
}
