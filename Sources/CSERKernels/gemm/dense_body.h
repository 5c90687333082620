// SPDX-License-Identifier: Apache-2.0
// Products of a dense layer with few rows, on its weight [n, k] as it lies: packing it would cost more than the
// product.

// Columns of a tile of one row, of two and of four.
enum { DOTS_1 = SER_LANES < 8 ? 8 : SER_LANES, DOTS_2 = DOTS_1 / 2, DOTS_4 = DOTS_1 / 4 };

#if SER_LANES == 16
#define SER_HALVE(W, a, b)                                                                                             \
    (__builtin_shufflevector(a, b, SER_AT(0, W), SER_AT(1, W), SER_AT(2, W), SER_AT(3, W), SER_AT(4, W), SER_AT(5, W), \
                             SER_AT(6, W), SER_AT(7, W), SER_AT(8, W), SER_AT(9, W), SER_AT(10, W), SER_AT(11, W),     \
                             SER_AT(12, W), SER_AT(13, W), SER_AT(14, W), SER_AT(15, W)))
#elif SER_LANES == 8
#define SER_HALVE(W, a, b)                                                                                             \
    (__builtin_shufflevector(a, b, SER_AT(0, W), SER_AT(1, W), SER_AT(2, W), SER_AT(3, W), SER_AT(4, W), SER_AT(5, W), \
                             SER_AT(6, W), SER_AT(7, W)))
#else
#define SER_HALVE(W, a, b) (__builtin_shufflevector(a, b, SER_AT(0, W), SER_AT(1, W), SER_AT(2, W), SER_AT(3, W)))
#endif
// Of two vectors laid end to end, the first (SER_LOW) or second (SER_HIGH) half of each run of 2 W floats.
#define SER_LOW(p, W) ((p) / W * 2 * W + (p) % W)
#define SER_HIGH(p, W) (SER_LOW(p, W) + W)

#define SER_AT(p, W) SER_LOW(p, W)
#define SER_DEFINE_LOW(W)                                                                                              \
    SER_INLINE void low_##W(lanes *out, const lanes *a, const lanes *b) { *out = SER_HALVE(W, *a, *b); }
SER_DEFINE_LOW(1)
SER_DEFINE_LOW(2)
#if SER_LANES >= 8
SER_DEFINE_LOW(4)
#endif
#if SER_LANES >= 16
SER_DEFINE_LOW(8)
#endif
#undef SER_AT
#define SER_AT(p, W) SER_HIGH(p, W)
#define SER_DEFINE_FOLD(W)                                                                                             \
    SER_INLINE void fold_##W(lanes *out, const lanes *a, const lanes *b) {                                             \
        lanes low;                                                                                                     \
        low_##W(&low, a, b);                                                                                           \
        *out = low + SER_HALVE(W, *a, *b);                                                                             \
    }
SER_DEFINE_FOLD(1)
SER_DEFINE_FOLD(2)
#if SER_LANES >= 8
SER_DEFINE_FOLD(4)
#endif
#if SER_LANES >= 16
SER_DEFINE_FOLD(8)
#endif
#undef SER_AT

/// The totals of SER_LANES vectors, one a lane; overwrites them.
SER_INLINE void totals(lanes *out, lanes *v) {
#if SER_LANES >= 16
    SER_UNROLL for (int i = 0; i < SER_LANES / 2; i++) fold_8(&v[i], &v[2 * i], &v[2 * i + 1]);
#endif
#if SER_LANES >= 8
    SER_UNROLL for (int i = 0; i < 4; i++) fold_4(&v[i], &v[2 * i], &v[2 * i + 1]);
#endif
    SER_UNROLL for (int i = 0; i < 2; i++) fold_2(&v[i], &v[2 * i], &v[2 * i + 1]);
    fold_1(out, &v[0], &v[1]);
}

/// The last `count` floats of the `k` of a row, fewer than a vector, among zeros; which lanes they take depends on k
/// alone.
SER_INLINE void rest(lanes *out, const float *row, int64_t k, int64_t count) {
    if (k >= SER_LANES) {
        lane_mask mask;
        SER_UNROLL for (int i = 0; i < SER_LANES; i++) mask[i] = i;
        mask = mask >= (int32_t)(SER_LANES - count);
        *out = (lanes)((lane_mask)SER_LOAD(row + k - SER_LANES) & mask);
        return;
    }
    float padded[SER_LANES] = {0};
    for (int64_t i = 0; i < count; i++) padded[i] = row[i];
    *out = SER_LOAD(padded);
}

// sums[R * Q] = dot products of R rows with Q rows along k, row by row.
#define SER_DEFINE_DOTS(name, R, Q)                                                                                    \
    static void name(int64_t k, const float *const *xs, const float *const *ws, float *sums) {                         \
        lanes sum[R * Q];                                                                                              \
        SER_UNROLL for (int s = 0; s < R * Q; s++) sum[s] = (lanes){0};                                                \
        const float *x[R], *w[Q];                                                                                      \
        SER_UNROLL for (int r = 0; r < R; r++) x[r] = xs[r];                                                           \
        SER_UNROLL for (int q = 0; q < Q; q++) w[q] = ws[q];                                                           \
        int64_t i = 0;                                                                                                 \
        for (; i + SER_LANES <= k; i += SER_LANES) {                                                                   \
            lanes a[R];                                                                                                \
            SER_UNROLL for (int r = 0; r < R; r++) a[r] = SER_LOAD(x[r] + i);                                          \
            SER_UNROLL for (int q = 0; q < Q; q++) {                                                                   \
                lanes b = SER_LOAD(w[q] + i);                                                                          \
                SER_UNROLL for (int r = 0; r < R; r++) sum[r * Q + q] += a[r] * b;                                     \
            }                                                                                                          \
        }                                                                                                              \
        if (i < k) {                                                                                                   \
            lanes a[R];                                                                                                \
            SER_UNROLL for (int r = 0; r < R; r++) rest(&a[r], x[r], k, k - i);                                        \
            SER_UNROLL for (int q = 0; q < Q; q++) {                                                                   \
                lanes b;                                                                                               \
                rest(&b, w[q], k, k - i);                                                                              \
                SER_UNROLL for (int r = 0; r < R; r++) sum[r * Q + q] += a[r] * b;                                     \
            }                                                                                                          \
        }                                                                                                              \
        SER_UNROLL for (int s = 0; s < R * Q; s += SER_LANES) {                                                        \
            lanes folded;                                                                                              \
            totals(&folded, &sum[s]);                                                                                  \
            SER_STORE(sums + s, folded);                                                                               \
        }                                                                                                              \
    }

SER_DEFINE_DOTS(dots_1, 1, DOTS_1)
SER_DEFINE_DOTS(dots_2, 2, DOTS_2)
SER_DEFINE_DOTS(dots_4, 4, DOTS_4)

static void finish_row(float *restrict y, int64_t n, const float *restrict bias, int relu) {
    if (bias)
        for (int64_t j = 0; j < n; j++) y[j] += bias[j];
    if (relu)
        for (int64_t j = 0; j < n; j++) y[j] = y[j] < 0.0f ? 0.0f : y[j];
}

/// y[m, n] = x[m, k] w[n, k]^T + bias, negative values to 0 if `relu`.
static void dense_forward(int64_t m, int64_t n, int64_t k, const float *x, int64_t ldx, const float *w, int64_t ldw,
                          float *y, int64_t ldy, const float *bias, int relu) {
    for (int64_t row = 0; row < m;) {
        int64_t left = m - row;
        // Three rows go as four, the last one twice.
        int rows = left >= 3 ? 4 : (int)left, columns = rows == 4 ? DOTS_4 : rows == 2 ? DOTS_2 : DOTS_1;
        int valid = left < rows ? (int)left : rows;
        const float *xs[4], *ws[DOTS_1];
        for (int r = 0; r < rows; r++) xs[r] = x + (row + (r < valid ? r : valid - 1)) * ldx;
        for (int64_t column = 0; column < n; column += columns) {
            int64_t wide = n - column < columns ? n - column : columns;
            for (int q = 0; q < columns; q++) ws[q] = w + (column + (q < wide ? q : wide - 1)) * ldw;
            float sums[4 * DOTS_1];
            if (rows == 4)
                dots_4(k, xs, ws, sums);
            else if (rows == 2)
                dots_2(k, xs, ws, sums);
            else
                dots_1(k, xs, ws, sums);
            float *out = y + row * ldy + column;
            if (rows == 4 && wide == DOTS_4)
                for (int r = 0; r < valid; r++) memcpy(out + r * ldy, sums + r * DOTS_4, DOTS_4 * sizeof *out);
            else
                for (int r = 0; r < valid; r++) memcpy(out + r * ldy, sums + r * columns, (size_t)wide * sizeof *out);
        }
        for (int r = 0; r < valid; r++) finish_row(y + (row + r) * ldy, n, bias, relu);
        row += valid;
    }
}

// dw[n, columns of V vectors] (+)= dy[R, n]^T x[R, columns]: x stays in registers for all n.
#define SER_DEFINE_OUTER(R, V)                                                                                         \
    static void outer_##R##x##V(int64_t n, const float *restrict dy, int64_t lddy, const float *restrict x,            \
                                int64_t ldx, float *restrict dw, int64_t lddw, int accumulate) {                       \
        lanes b[R][V];                                                                                                 \
        SER_UNROLL for (int r = 0; r < R; r++) SER_UNROLL for (int v = 0; v < V; v++) b[r][v] =                        \
            SER_LOAD(x + r * ldx + v * SER_LANES);                                                                     \
        for (int64_t q = 0; q < n; q++) {                                                                              \
            lanes sum[V];                                                                                              \
            SER_UNROLL for (int v = 0; v < V; v++) {                                                                   \
                if (accumulate)                                                                                        \
                    sum[v] = SER_LOAD(dw + q * lddw + v * SER_LANES);                                                  \
                else                                                                                                   \
                    sum[v] = (lanes){0};                                                                               \
            }                                                                                                          \
            SER_UNROLL for (int r = 0; r < R; r++) {                                                                   \
                float a = dy[r * lddy + q];                                                                            \
                SER_UNROLL for (int v = 0; v < V; v++) sum[v] += a * b[r][v];                                          \
            }                                                                                                          \
            SER_UNROLL for (int v = 0; v < V; v++) SER_STORE(dw + q * lddw + v * SER_LANES, sum[v]);                   \
        }                                                                                                              \
    }
SER_DEFINE_OUTER(1, 2)
SER_DEFINE_OUTER(2, 2)
SER_DEFINE_OUTER(3, 2)
SER_DEFINE_OUTER(4, 2)

typedef float four __attribute__((vector_size(16), aligned(4), may_alias));

/// dw[n, k] (+)= dy[m, n]^T x[m, k]
static void dense_weight_gradient(int64_t m, int64_t n, int64_t k, const float *dy, int64_t lddy, const float *x,
                                  int64_t ldx, float *dw, int64_t lddw, int accumulate) {
    static void (*const bodies[])(int64_t, const float *, int64_t, const float *, int64_t, float *, int64_t,
                                  int) = {outer_1x2, outer_2x2, outer_3x2, outer_4x2};
    const int64_t width = 2 * SER_LANES, whole = k / width * width;
    for (int64_t row = 0; row < m; row += 4) {
        int64_t rows = m - row < 4 ? m - row : 4;
        int add = accumulate || row > 0;
        for (int64_t column = 0; column < whole; column += width)
            bodies[rows - 1](n, dy + row * lddy, lddy, x + row * ldx + column, ldx, dw + column, lddw, add);
        for (int64_t q = 0; q < n && whole < k; q++) {
            int64_t j = whole;
            for (; j + 4 <= k; j += 4) {
                four sum = (four){0};
                if (add) sum = *(const four *)(dw + q * lddw + j);
                for (int64_t r = 0; r < rows; r++)
                    sum += dy[(row + r) * lddy + q] * *(const four *)(x + (row + r) * ldx + j);
                *(four *)(dw + q * lddw + j) = sum;
            }
            for (; j < k; j++) {
                float sum = add ? dw[q * lddw + j] : 0.0f;
                for (int64_t r = 0; r < rows; r++) sum += dy[(row + r) * lddy + q] * x[(row + r) * ldx + j];
                dw[q * lddw + j] = sum;
            }
        }
    }
}
