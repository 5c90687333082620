// SPDX-License-Identifier: Apache-2.0
// The kernels of matrix products, compiled once for each instruction set. A source includes the set's header, defines
// SER_TILE_ROWS (see products_body.h) and includes this.
#include "kernels.h"
#include <string.h>
#include "products_body.h"
#include "dense_body.h"

static void add_rows(float *restrict sums, const float *restrict a, int64_t lda, int64_t rows, int64_t n) {
    for (int64_t j = 0; j < n; j += 16) {
        float sum[16];
        SER_UNROLL for (int u = 0; u < 16; u++) sum[u] = sums[j + u];
        for (int64_t r = 0; r < rows; r++) SER_UNROLL for (int u = 0; u < 16; u++) sum[u] += a[r * lda + j + u];
        SER_UNROLL for (int u = 0; u < 16; u++) sums[j + u] = sum[u];
    }
}

// Multiply-adds on registers alone, as many as the processor can have under way: what products are measured against.
enum { PEAK_SUMS = 12 };

/// Runs `rounds` of them and returns how many additions and multiplications that was.
static double multiply_adds(int64_t rounds, float *out) {
    lanes sum[PEAK_SUMS], factor, addend;
    SER_UNROLL for (int l = 0; l < SER_LANES; l++) {
        factor[l] = out[0];
        addend[l] = out[1];
    }
    SER_UNROLL for (int s = 0; s < PEAK_SUMS; s++) sum[s] = addend;
    for (int64_t i = 0; i < rounds; i++)
        SER_UNROLL for (int s = 0; s < PEAK_SUMS; s++) sum[s] = sum[s] * factor + addend;
    lanes total = sum[0];
    SER_UNROLL for (int s = 1; s < PEAK_SUMS; s++) total += sum[s];
    for (int l = 0; l < SER_LANES; l++) out[0] += total[l];
    return 2.0 * PEAK_SUMS * SER_LANES * (double)rounds;
}

const ser_gemm_kernels SER_TABLE(gemm) = {
    .multiply = multiply,
    .add_rows = add_rows,
    .dense_forward = dense_forward,
    .dense_weight_gradient = dense_weight_gradient,
    .multiply_adds = multiply_adds,
};
