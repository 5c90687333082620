// SPDX-License-Identifier: Apache-2.0
// The products of convolution, and the transposition that leads to them.

#define LOW(i, k) ((i) & (k) ? SER_LANES + (i) - (k) : (i))
#define HIGH(i, k) ((i) & (k) ? SER_LANES + (i) : (i) + (k))
#define FOUR(f, i, k) f(i, k), f((i) + 1, k), f((i) + 2, k), f((i) + 3, k)
#if SER_LANES == 16
#define ALL(f, k) FOUR(f, 0, k), FOUR(f, 4, k), FOUR(f, 8, k), FOUR(f, 12, k)
#elif SER_LANES == 8
#define ALL(f, k) FOUR(f, 0, k), FOUR(f, 4, k)
#else
#define ALL(f, k) FOUR(f, 0, k)
#endif
#define EXCHANGE(k)                                                                                                    \
    SER_UNROLL for (int i = 0; i < SER_LANES; i++) if (!(i & (k))) {                                                   \
        lanes a = r[i], b = r[i | (k)];                                                                                \
        r[i] = __builtin_shufflevector(a, b, ALL(LOW, k));                                                             \
        r[i | (k)] = __builtin_shufflevector(a, b, ALL(HIGH, k));                                                      \
    }

SER_INLINE void transpose_square(float *dst, int64_t dst_step, const float *src, int64_t src_step) {
    lanes r[SER_LANES];
    SER_UNROLL for (int i = 0; i < SER_LANES; i++) r[i] = SER_LOAD(src + i * src_step);
#if SER_LANES == 16
    EXCHANGE(8)
#endif
#if SER_LANES >= 8
    EXCHANGE(4)
#endif
    EXCHANGE(2)
    EXCHANGE(1)
    SER_UNROLL for (int i = 0; i < SER_LANES; i++) SER_STORE(dst + i * dst_step, r[i]);
}

static void transpose(float *dst, int64_t dst_step, const float *src, int64_t src_step, int64_t rows, int64_t columns) {
    if (rows < SER_LANES || columns < SER_LANES) {
        for (int64_t c = 0; c < columns; c++)
            for (int64_t r = 0; r < rows; r++) dst[c * dst_step + r] = src[r * src_step + c];
        return;
    }
    // The last square of a row or column overlaps the one before it.
    for (int64_t c = 0; c < columns; c += SER_LANES) {
        int64_t column = c + SER_LANES <= columns ? c : columns - SER_LANES;
        for (int64_t r = 0; r < rows; r += SER_LANES) {
            int64_t row = r + SER_LANES <= rows ? r : rows - SER_LANES;
            transpose_square(dst + column * dst_step + row, dst_step, src + row * src_step + column, src_step);
        }
    }
}

SER_INLINE void correlate_tile(const float *x, int64_t step, const int64_t *offsets, int64_t taps, int64_t depth,
                               const float *w, const float *start, int64_t start_step, float *out, int64_t out_step,
                               const int vectors) {
    lanes c[SER_TILE_ROWS][2];
    SER_UNROLL for (int r = 0; r < SER_TILE_ROWS; r++) SER_UNROLL for (int v = 0; v < vectors; v++) c[r][v] =
        SER_LOAD(start + r * start_step + v * SER_LANES);
    for (int64_t t = 0; t < taps; t++) {
        const float *a = x + offsets[t];
        for (int64_t d = 0; d < depth; d++, w += PANEL) {
            lanes b[2];
            SER_UNROLL for (int v = 0; v < vectors; v++) b[v] = SER_LOAD(w + v * SER_LANES);
            SER_UNROLL for (int r = 0; r < SER_TILE_ROWS; r++) {
                float s = a[r * step + d];
                SER_UNROLL for (int v = 0; v < vectors; v++) c[r][v] += s * b[v];
            }
        }
    }
    SER_UNROLL for (int r = 0; r < SER_TILE_ROWS; r++) SER_UNROLL for (int v = 0; v < vectors; v++)
        SER_STORE(out + r * out_step + v * SER_LANES, c[r][v]);
}

SER_INLINE void correlate_panel(const float *x, int64_t step, const int64_t *offsets, int64_t taps, int64_t depth,
                                const float *w, const float *bias, float *out, int64_t out_step, int64_t count,
                                int64_t n, const int vectors) {
    float buffer[SER_TILE_ROWS * PANEL];
    for (int64_t i = 0; i < count; i += SER_TILE_ROWS) {
        const float *a = x + i * step;
        float *o = out + i * out_step;
        if (i + SER_TILE_ROWS <= count && n == vectors * SER_LANES) {
            correlate_tile(a, step, offsets, taps, depth, w, bias ? bias : o, bias ? 0 : out_step, o, out_step,
                           vectors);
            continue;
        }
        int64_t rows = i + SER_TILE_ROWS <= count ? SER_TILE_ROWS : count - i;
        memset(buffer, 0, sizeof buffer);
        if (!bias)
            for (int64_t r = 0; r < rows; r++) memcpy(buffer + r * PANEL, o + r * out_step, (size_t)n * sizeof(float));
        correlate_tile(a, step, offsets, taps, depth, w, bias ? bias : buffer, bias ? 0 : PANEL, buffer, PANEL,
                       vectors);
        for (int64_t r = 0; r < rows; r++) memcpy(o + r * out_step, buffer + r * PANEL, (size_t)n * sizeof(float));
    }
}

static void correlate(const float *x, int64_t step, const int64_t *offsets, int64_t taps, int64_t depth, const float *w,
                      const float *bias, float *out, int64_t out_step, int64_t count, int64_t n) {
    if (n > SER_LANES)
        correlate_panel(x, step, offsets, taps, depth, w, bias, out, out_step, count, n, 2);
    else
        correlate_panel(x, step, offsets, taps, depth, w, bias, out, out_step, count, n, 1);
}

SER_INLINE void accumulate_tile(const float *x, int64_t x_step, const int64_t *offsets, const float *dy,
                                int64_t dy_step, int64_t count, float *c, const int vectors) {
    lanes s[SER_TILE_ROWS][2];
    SER_UNROLL for (int r = 0; r < SER_TILE_ROWS; r++) SER_UNROLL for (int v = 0; v < vectors; v++) s[r][v] =
        SER_LOAD(c + r * PANEL + v * SER_LANES);
    const float *a[SER_TILE_ROWS];
    SER_UNROLL for (int r = 0; r < SER_TILE_ROWS; r++) a[r] = x + offsets[r];
    for (int64_t i = 0; i < count; i++, dy += dy_step) {
        lanes b[2];
        SER_UNROLL for (int v = 0; v < vectors; v++) b[v] = SER_LOAD(dy + v * SER_LANES);
        SER_UNROLL for (int r = 0; r < SER_TILE_ROWS; r++) {
            float f = a[r][i * x_step];
            SER_UNROLL for (int v = 0; v < vectors; v++) s[r][v] += f * b[v];
        }
    }
    SER_UNROLL for (int r = 0; r < SER_TILE_ROWS; r++) SER_UNROLL for (int v = 0; v < vectors; v++)
        SER_STORE(c + r * PANEL + v * SER_LANES, s[r][v]);
}

static void accumulate(const float *x, int64_t x_step, const int64_t *offsets, int64_t rows, const float *dy,
                       int64_t dy_step, int64_t count, int64_t n, float *c) {
    for (int64_t r = 0; r < rows; r += SER_TILE_ROWS)
        if (n > SER_LANES)
            accumulate_tile(x, x_step, offsets + r, dy, dy_step, count, c + r * PANEL, 2);
        else
            accumulate_tile(x, x_step, offsets + r, dy, dy_step, count, c + r * PANEL, 1);
}
