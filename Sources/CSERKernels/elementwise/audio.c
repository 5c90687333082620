// SPDX-License-Identifier: Apache-2.0

#include "ser_audio.h"
#define SER_LANES SER_AUDIO_LANES
#include "../simd/simd.h"
#include "../simd/vector_math.h"

enum { LANES = SER_LANES };

SER_CLONES void ser_audio_window(float *out, const float *in, const float *window, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = in[i] * window[i];
}

SER_CLONES void ser_audio_window_speech(float *out, const float *x, const float *window, int64_t n, float scale,
                                        int32_t removes_mean, float preemphasis) {
    // In double: pre-emphasis takes apart what rounding would add to the quiet upper bands.
    double mean = 0;
    if (removes_mean) {
        double partial[LANES] = {0};
        int64_t i = 0;
        for (; i + LANES <= n; i += LANES)
            for (int l = 0; l < LANES; l++) partial[l] += (double)x[i + l];
        for (; i < n; i++) partial[0] += (double)x[i];
        for (int l = 0; l < LANES; l++) mean += partial[l];
        mean = mean * (double)scale / (double)n;
    }
    double first = (double)x[0] * (double)scale - mean;
    out[0] = (float)((first - (double)preemphasis * first) * (double)window[0]);
    for (int64_t i = 1; i < n; i++) {
        double now = (double)x[i] * (double)scale - mean, before = (double)x[i - 1] * (double)scale - mean;
        out[i] = (float)((now - (double)preemphasis * before) * (double)window[i]);
    }
}

// A real transform of N values by a complex one of N/2 (Press et al., "Numerical Recipes", 12.3): with E and O the
// transforms of the values at even and odd places, X[k] = E[k] + e^(-2 pi i k / N) O[k], X[N/2 - k] = conj(E[k] - ...).
#define UNTANGLE(T)                                                                                                    \
    T er = (ar + br) * 0.5f, ei = (ai - bi) * 0.5f;                                                                    \
    T or_ = (ai + bi) * 0.5f, oi = (br - ar) * 0.5f;                                                                   \
    T tr = c * or_ + s * oi, ti = c * oi - s * or_;

SER_CLONES void ser_audio_packed_power(float *out, const float *z, const float *cosines, const float *sines,
                                       int64_t half) {
    float dc = z[0] + z[1], nyquist = z[0] - z[1];
    out[0] = dc * dc;
    out[half] = nyquist * nyquist;
    int64_t k = 1;
    for (; k + LANES - 1 <= half / 2; k += LANES) {
        lanes a0, a1, b0, b1, c, s;
        a0 = SER_LOAD(z + 2 * k);
        a1 = SER_LOAD(z + 2 * k + LANES);
        b0 = SER_LOAD(z + 2 * (half - k - LANES + 1));
        b1 = SER_LOAD(z + 2 * (half - k - LANES + 1) + LANES);
        c = SER_LOAD(cosines + k);
        s = SER_LOAD(sines + k);
        lanes ar = __builtin_shufflevector(a0, a1, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        lanes ai = __builtin_shufflevector(a0, a1, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
        lanes br = __builtin_shufflevector(b0, b1, 30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
        lanes bi = __builtin_shufflevector(b0, b1, 31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
        UNTANGLE(lanes)
        lanes low = (er + tr) * (er + tr) + (ei + ti) * (ei + ti);
        lanes high = (er - tr) * (er - tr) + (ei - ti) * (ei - ti);
        high = __builtin_shufflevector(high, high, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        SER_STORE(out + half - k - LANES + 1, high);
        SER_STORE(out + k, low);
    }
    for (; k <= half / 2; k++) {
        float ar = z[2 * k], ai = z[2 * k + 1], br = z[2 * (half - k)], bi = z[2 * (half - k) + 1];
        float c = cosines[k], s = sines[k];
        UNTANGLE(float)
        out[half - k] = (er - tr) * (er - tr) + (ei - ti) * (ei - ti);
        out[k] = (er + tr) * (er + tr) + (ei + ti) * (ei + ti);
    }
}

void ser_audio_packed_spectrum(float *out, const float *z, const float *cosines, const float *sines, int64_t half) {
    for (int64_t k = 1; k <= half / 2; k++) {
        float ar = z[2 * k], ai = z[2 * k + 1], br = z[2 * (half - k)], bi = z[2 * (half - k) + 1];
        float c = cosines[k], s = sines[k];
        UNTANGLE(float)
        out[2 * (half - k)] = er - tr;
        out[2 * (half - k) + 1] = ti - ei;
        out[2 * k] = er + tr;
        out[2 * k + 1] = ei + ti;
    }
    float real = z[0], imaginary = z[1];
    out[0] = real + imaginary;
    out[1] = 0;
    out[2 * half] = real - imaginary;
    out[2 * half + 1] = 0;
}

SER_CLONES void ser_audio_power(float *out, const float *z, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        float real = z[2 * i], imaginary = z[2 * i + 1];
        out[i] = real * real + imaginary * imaginary;
    }
}

// Adds neighbouring lanes: 16 vectors of 16 partial sums become one vector of 16 sums in four rounds.
#define FOLD(x, y)                                                                                                     \
    (__builtin_shufflevector(x, y, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30) +                        \
     __builtin_shufflevector(x, y, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#define FOLD2(x, y)                                                                                                    \
    (__builtin_shufflevector(x, y, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +                         \
     __builtin_shufflevector(x, y, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
#define FOLD4(x, y)                                                                                                    \
    (__builtin_shufflevector(x, y, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27) +                         \
     __builtin_shufflevector(x, y, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
#define FOLD8(x, y)                                                                                                    \
    (__builtin_shufflevector(x, y, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +                           \
     __builtin_shufflevector(x, y, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))

SER_CLONES void ser_audio_mel(float *out, const float *power, const int32_t *start, const int32_t *blocks,
                              const float *weights, int64_t rows) {
    for (int64_t r = 0; r < rows; r += LANES) {
        lanes sums[LANES];
        for (int i = 0; i < LANES; i++) {
            const float *p = power + start[r + i];
            lanes sum = {0}, x, w;
            for (int32_t b = blocks[r + i]; b > 0; b--, p += LANES, weights += LANES) {
                x = SER_LOAD(p);
                w = SER_LOAD(weights);
                sum += x * w;
            }
            sums[i] = sum;
        }
        lanes pairs[8], fours[4], eights[2];
        for (int i = 0; i < 8; i++) pairs[i] = FOLD(sums[2 * i], sums[2 * i + 1]);
        for (int i = 0; i < 4; i++) fours[i] = FOLD2(pairs[2 * i], pairs[2 * i + 1]);
        for (int i = 0; i < 2; i++) eights[i] = FOLD4(fours[2 * i], fours[2 * i + 1]);
        lanes total = FOLD8(eights[0], eights[1]);
        SER_STORE(out + r, total);
    }
}

// These two let NaN through, as NumPy's maximum does, so that it is seen.
SER_INLINE float at_least(float x, float least) { return x < least ? least : x; }
SER_INLINE float larger(float a, float b) { return a >= b || a != a ? a : b; }

SER_CLONES float ser_audio_decibels(float *x, int64_t n, float least) {
    float most[LANES];
    for (int l = 0; l < LANES; l++) most[l] = -__builtin_inff();
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            float value = 4.342944819f * ser_logf_approx(at_least(x[i + l], least));
            x[i + l] = value;
            most[l] = larger(most[l], value);
        }
    }
    for (; i < n; i++) {
        x[i] = 4.342944819f * ser_logf_approx(at_least(x[i], least));
        most[0] = larger(most[0], x[i]);
    }
    for (int l = 1; l < LANES; l++) most[0] = larger(most[0], most[l]);
    return most[0];
}

SER_CLONES void ser_audio_log(float *x, int64_t n, float least) {
    for (int64_t i = 0; i < n; i++) x[i] = ser_logf_approx(at_least(x[i], least));
}

SER_CLONES void ser_audio_floor(float *x, int64_t n, float least, float offset) {
    for (int64_t i = 0; i < n; i++) x[i] = at_least(x[i], least) + offset;
}

SER_CLONES void ser_audio_sqrt(float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = __builtin_elementwise_sqrt(x[i]);
}

// Six rows by 16 columns: the most that AVX2's registers hold.
SER_CLONES void ser_audio_project(float *out, int64_t out_stride, const float *rows, int64_t row_stride,
                                  const float *matrix, int64_t count, int64_t inner, int64_t columns) {
    for (int64_t i = 0; i < count; i += 6) {
        const float *row[6];
        for (int r = 0; r < 6; r++) row[r] = rows + (i + r < count ? i + r : count - 1) * row_stride;
        const float *panel = matrix;
        for (int64_t j = 0; j < columns; j += LANES, panel += inner * LANES) {
            lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0}, s5 = {0}, m;
            for (int64_t k = 0; k < inner; k++) {
                m = SER_LOAD(panel + k * LANES);
                s0 += m * row[0][k];
                s1 += m * row[1][k];
                s2 += m * row[2][k];
                s3 += m * row[3][k];
                s4 += m * row[4][k];
                s5 += m * row[5][k];
            }
            lanes sums[6] = {s0, s1, s2, s3, s4, s5};
            int64_t wide = columns - j < LANES ? columns - j : LANES, high = count - i < 6 ? count - i : 6;
            for (int64_t r = 0; r < high; r++)
                __builtin_memcpy(out + (i + r) * out_stride + j, &sums[r], (size_t)wide * 4);
        }
    }
}

SER_CLONES float ser_audio_energy(const float *x, int64_t n) {
    float partial[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) partial[l] += x[i + l] * x[i + l];
    for (; i < n; i++) partial[0] += x[i] * x[i];
    for (int l = 0; l < LANES; l++) sum += partial[l];
    return sum;
}

SER_CLONES double ser_audio_dot(const float *a, const float *b, int64_t n) {
    double partial[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) partial[l] += (double)a[i + l] * (double)b[i + l];
    for (; i < n; i++) partial[0] += (double)a[i] * (double)b[i];
    for (int l = 0; l < LANES; l++) sum += partial[l];
    return sum;
}

SER_CLONES int32_t ser_audio_all_finite(const float *x, int64_t n) {
    uint32_t bad = 0;
    for (int64_t i = 0; i < n; i++) bad |= (ser_bits_of_float(x[i]) & 0x7f800000u) == 0x7f800000u;
    return !bad;
}
