// SPDX-License-Identifier: Apache-2.0
// Sums over positions.

SER_INLINE void moments_of(const float *y, int64_t row, int64_t rows, int64_t width, int64_t channels, float *mean,
                           float *squares, const int vectors) {
    lanes total[4], m[4];
    SER_UNROLL for (int v = 0; v < vectors; v++) total[v] = (lanes){0};
    for (int64_t h = 0; h < rows; h++) {
        lanes s[4];
        SER_UNROLL for (int v = 0; v < vectors; v++) s[v] = (lanes){0};
        for (int64_t w = 0; w < width; w++)
            SER_UNROLL for (int v = 0; v < vectors; v++) s[v] += SER_LOAD(y + h * row + w * channels + v * SER_LANES);
        SER_UNROLL for (int v = 0; v < vectors; v++) total[v] += s[v];
    }
    SER_UNROLL for (int v = 0; v < vectors; v++) {
        m[v] = total[v] / (float)(rows * width);
        SER_STORE(mean + v * SER_LANES, m[v]);
        total[v] = (lanes){0};
    }
    for (int64_t h = 0; h < rows; h++) {
        lanes s[4];
        SER_UNROLL for (int v = 0; v < vectors; v++) s[v] = (lanes){0};
        for (int64_t w = 0; w < width; w++) SER_UNROLL for (int v = 0; v < vectors; v++) {
                lanes d = SER_LOAD(y + h * row + w * channels + v * SER_LANES) - m[v];
                s[v] += d * d;
            }
        SER_UNROLL for (int v = 0; v < vectors; v++) total[v] += s[v];
    }
    SER_UNROLL for (int v = 0; v < vectors; v++) SER_STORE(squares + v * SER_LANES, total[v]);
}

static void moments(const float *y, int64_t row, int64_t rows, int64_t width, int64_t channels, float *mean,
                    float *squares) {
    int64_t c = 0;
    for (; c + 4 * SER_LANES <= channels; c += 4 * SER_LANES)
        moments_of(y + c, row, rows, width, channels, mean + c, squares + c, 4);
    for (; c < channels; c += SER_LANES) moments_of(y + c, row, rows, width, channels, mean + c, squares + c, 1);
}

enum { RUN = 64 };  // positions summed in one accumulator before it is added to the total

static void sums(const float *y, int64_t count, int64_t channels, float *sum) {
    for (int64_t i = 0; i < count; i += RUN) {
        int64_t end = i + RUN < count ? i + RUN : count;
        for (int64_t c = 0; c < channels; c += SER_LANES) {
            lanes s = (lanes){0};
            for (int64_t j = i; j < end; j++) s += SER_LOAD(y + j * channels + c);
            SER_STORE(sum + c, SER_LOAD(sum + c) + s);
        }
    }
}

static void gated_sums(const float *g, const float *winners, int64_t count, int64_t channels, const float *scale,
                       const float *shift, const float *mean, int relu, float *s1, float *s2) {
    lanes zero = {0};
    for (int64_t i = 0; i < count; i += RUN) {
        int64_t end = i + RUN < count ? i + RUN : count;
        for (int64_t c = 0; c < channels; c += SER_LANES) {
            lanes a = zero, b = zero, k = SER_LOAD(scale + c), t = SER_LOAD(shift + c), m = SER_LOAD(mean + c);
            for (int64_t j = i; j < end; j++) {
                lanes q = SER_LOAD(winners + j * channels + c), d = SER_LOAD(g + j * channels + c);
                if (relu) d = choose(k * q + t <= zero, zero, d);
                a += d;
                b += d * (q - m);
            }
            SER_STORE(s1 + c, SER_LOAD(s1 + c) + a);
            SER_STORE(s2 + c, SER_LOAD(s2 + c) + b);
        }
    }
}
