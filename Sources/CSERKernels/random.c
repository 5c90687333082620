#include "ser_random.h"
#include "target.h"

SER_INLINE uint32_t rotate(uint32_t x, int n) { return (x << n) | (x >> (32 - n)); }

SER_INLINE void threefry(uint32_t k0, uint32_t k1, uint32_t *a, uint32_t *b) {
    uint32_t k2 = 0x1BD11BDAu ^ k0 ^ k1, x = *a + k0, y = *b + k1;
#define ROUND(r) x += y; y = rotate(y, r); y ^= x;
#define FOUR(p, q, r, s) ROUND(p) ROUND(q) ROUND(r) ROUND(s)
    FOUR(13, 15, 26, 6)  x += k1; y += k2 + 1;
    FOUR(17, 29, 16, 24) x += k2; y += k0 + 2;
    FOUR(13, 15, 26, 6)  x += k0; y += k1 + 3;
    FOUR(17, 29, 16, 24) x += k1; y += k2 + 4;
    FOUR(13, 15, 26, 6)  x += k2; y += k0 + 5;
    *a = x; *b = y;
}

uint64_t ser_threefry(uint64_t key, uint64_t counter) {
    uint32_t a = (uint32_t)counter, b = (uint32_t)(counter >> 32);
    threefry((uint32_t)key, (uint32_t)(key >> 32), &a, &b);
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
            threefry(k0, k1, &a, &b);
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
