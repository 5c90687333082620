// SPDX-License-Identifier: Apache-2.0

#include "ser_reductions.h"
#include <math.h>
#include "../simd/simd.h"
#include "../simd/vector_math.h"

enum { LANES = 64, BLOCK = 1024, TILE = 64, DEPTH = 16 };  // a float lane adds at most 16 values before it turns double

#define EACH_LANE for (int j = 0; j < LANES; j++)

SER_INLINE double sum(const float *x, int64_t n) {
    double total = 0;
    for (int64_t i = 0; i + LANES <= n; i += BLOCK) {
        float lane[LANES];
        EACH_LANE lane[j] = x[i + j];
        int64_t end = i + BLOCK < n ? i + BLOCK : n;
        for (int64_t k = i + LANES; k + LANES <= end; k += LANES) { EACH_LANE lane[j] += x[k + j]; }
        double wide[8] = {0};
        for (int h = 0; h < LANES; h += 8)
            for (int j = 0; j < 8; j++) wide[j] += (double)lane[h + j];
        total += ((wide[0] + wide[4]) + (wide[2] + wide[6])) + ((wide[1] + wide[5]) + (wide[3] + wide[7]));
    }
    for (int64_t i = n / LANES * LANES; i < n; i++) total += (double)x[i];
    return total;
}

SER_CLONES double ser_sum(const float *x, int64_t n) { return sum(x, n); }

SER_CLONES void ser_sum_rows(double *out, const float *x, int64_t rows, int64_t columns) {
    for (int64_t r = 0; r < rows; r++) out[r] = sum(x + r * columns, columns);
}

SER_CLONES void ser_sum_columns(double *out, const float *x, int64_t rows, int64_t columns) {
    for (int64_t c = 0; c < columns; c++) out[c] = 0;
    for (int64_t r0 = 0; r0 < rows; r0 += DEPTH) {
        int64_t r1 = r0 + DEPTH < rows ? r0 + DEPTH : rows;
        int64_t c0 = 0;
        for (; c0 + TILE <= columns; c0 += TILE) {
            float lane[TILE];
            for (int j = 0; j < TILE; j++) lane[j] = x[r0 * columns + c0 + j];
            for (int64_t r = r0 + 1; r < r1; r++) {
                for (int j = 0; j < TILE; j++) lane[j] += x[r * columns + c0 + j];
            }
            for (int j = 0; j < TILE; j++) out[c0 + j] += (double)lane[j];
        }
        for (int64_t r = r0; r < r1; r++) {
            for (int64_t c = c0; c < columns; c++) out[c] += (double)x[r * columns + c];
        }
    }
}

SER_INLINE float larger(float a, float b) { return a >= b || a != a ? a : b; }

SER_INLINE float maximum(const float *x, int64_t n, float sign) {
    float most = sign * x[0];
    int64_t i = 0;
    if (n >= LANES) {
        float lane[LANES];
        EACH_LANE lane[j] = sign * x[j];
        for (i = LANES; i + LANES <= n; i += LANES) { EACH_LANE lane[j] = larger(lane[j], sign * x[i + j]); }
        for (int width = LANES / 2; width > 0; width /= 2) {
            for (int j = 0; j < width; j++) lane[j] = larger(lane[j], lane[j + width]);
        }
        most = lane[0];
    }
    for (; i < n; i++) most = larger(most, sign * x[i]);
    return most;
}

SER_CLONES void ser_maximum_rows(float *out, const float *x, int64_t rows, int64_t columns, float sign) {
    for (int64_t r = 0; r < rows; r++) out[r] = sign * maximum(x + r * columns, columns, sign);
}

SER_CLONES void ser_maximum_columns(float *out, const float *x, int64_t rows, int64_t columns, float sign) {
    for (int64_t c = 0; c < columns; c++) out[c] = sign * x[c];
    for (int64_t r = 1; r < rows; r++) {
        const float *p = x + r * columns;
        for (int64_t c = 0; c < columns; c++) out[c] = larger(out[c], sign * p[c]);
    }
    for (int64_t c = 0; c < columns; c++) out[c] *= sign;
}

SER_CLONES void ser_argmax_rows(int32_t *out, const float *x, int64_t rows, int64_t columns, float sign) {
    for (int64_t r = 0; r < rows; r++) {
        const float *p = x + r * columns;
        float most = maximum(p, columns, sign);
        int64_t index = 0;
        if (most != most) {
            while (p[index] == p[index]) index++;
        } else {
            while (sign * p[index] != most) index++;
        }
        out[r] = (int32_t)index;
    }
}

// The largest value and the sum of exponentials of the differences from it; leaves the exponentials in `out` if given.
SER_INLINE double exponentials(float *out, const float *x, int64_t n, float *most) {
    float top = maximum(x, n, 1.0f);
    *most = top;
    double total = 0;
    for (int64_t i = 0; i < n; i += BLOCK) {
        float scratch[BLOCK];
        int64_t m = n - i < BLOCK ? n - i : BLOCK;
        float *e = out ? out + i : scratch;
        for (int64_t j = 0; j < m; j++) e[j] = ser_expf_approx(x[i + j] - top);
        total += sum(e, m);
    }
    return total;
}

SER_CLONES void ser_softmax_rows(float *out, const float *x, int64_t rows, int64_t columns) {
    if (columns == 0) return;
    for (int64_t r = 0; r < rows; r++) {
        float most, *y = out + r * columns;
        float scale = (float)(1.0 / exponentials(y, x + r * columns, columns, &most));
        for (int64_t c = 0; c < columns; c++) y[c] *= scale;
    }
}

SER_CLONES void ser_log_softmax_rows(float *out, const float *x, int64_t rows, int64_t columns) {
    if (columns == 0) return;
    for (int64_t r = 0; r < rows; r++) {
        float most, *y = out + r * columns;
        const float *p = x + r * columns;
        float rest = (float)log(exponentials(0, p, columns, &most));
        for (int64_t c = 0; c < columns; c++) y[c] = (p[c] - most) - rest;
    }
}

SER_CLONES void ser_log_sum_exp_rows(float *out, const float *x, int64_t rows, int64_t columns) {
    for (int64_t r = 0; r < rows; r++) {
        float most = -INFINITY;
        double total = columns > 0 ? exponentials(0, x + r * columns, columns, &most) : 0;
        // A row whose largest value is infinite: the differences from it are NaN, the answer is not.
        out[r] = isinf(most) ? most : (float)((double)most + log(total));
    }
}

SER_CLONES void ser_softmax_backward_rows(float *dx, const float *dy, const float *y, int64_t rows, int64_t columns,
                                          _Bool accumulate) {
    for (int64_t r = 0; r < rows; r++) {
        const float *g = dy + r * columns, *p = y + r * columns;
        float *d = dx + r * columns;
        double inner = 0;
        for (int64_t i = 0; i < columns; i += BLOCK) {
            float scratch[BLOCK];
            int64_t m = columns - i < BLOCK ? columns - i : BLOCK;
            for (int64_t j = 0; j < m; j++) scratch[j] = g[i + j] * p[i + j];
            inner += sum(scratch, m);
        }
        float mean = (float)inner;
        if (accumulate) {
            for (int64_t c = 0; c < columns; c++) d[c] += p[c] * (g[c] - mean);
        } else {
            for (int64_t c = 0; c < columns; c++) d[c] = p[c] * (g[c] - mean);
        }
    }
}

SER_CLONES void ser_log_softmax_backward_rows(float *dx, const float *dy, const float *y, int64_t rows, int64_t columns,
                                              _Bool accumulate) {
    for (int64_t r = 0; r < rows; r++) {
        const float *g = dy + r * columns, *p = y + r * columns;
        float *d = dx + r * columns, total = (float)sum(g, columns);
        if (accumulate) {
            for (int64_t c = 0; c < columns; c++) d[c] += g[c] - ser_expf_approx(p[c]) * total;
        } else {
            for (int64_t c = 0; c < columns; c++) d[c] = g[c] - ser_expf_approx(p[c]) * total;
        }
    }
}
