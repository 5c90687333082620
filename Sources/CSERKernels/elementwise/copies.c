// SPDX-License-Identifier: Apache-2.0

#include "ser_elementwise.h"
#include <string.h>
#include "../simd/simd.h"

enum { TILE = 16 };  // a tile's rows are cache lines, of which a level-1 cache holds 32 with ease

SER_CLONES void ser_copy_grid(float *out, int64_t out_row, int64_t out_column, const float *x, int64_t x_row,
                              int64_t x_column, int64_t rows, int64_t columns, bool accumulate) {
    if (out_column == 1 && x_column == 1) {
        for (int64_t r = 0; r < rows; r++) {
            float *o = out + r * out_row;
            const float *p = x + r * x_row;
            if (!accumulate) {
                memcpy(o, p, (size_t)columns * sizeof *o);
                continue;
            }
            for (int64_t c = 0; c < columns; c++) o[c] += p[c];
        }
        return;
    }
    for (int64_t r0 = 0; r0 < rows; r0 += TILE) {
        int64_t r1 = r0 + TILE < rows ? r0 + TILE : rows;
        for (int64_t c0 = 0; c0 < columns; c0 += TILE) {
            int64_t c1 = c0 + TILE < columns ? c0 + TILE : columns;
            for (int64_t r = r0; r < r1; r++) {
                float *o = out + r * out_row;
                const float *p = x + r * x_row;
                if (accumulate) {
                    for (int64_t c = c0; c < c1; c++) o[c * out_column] += p[c * x_column];
                } else {
                    for (int64_t c = c0; c < c1; c++) o[c * out_column] = p[c * x_column];
                }
            }
        }
    }
}
