// SPDX-License-Identifier: Apache-2.0

#include "products.h"
#include "ser_gemm.h"
#include <string.h>

enum { TAIL_ROWS = 64, TAIL_DEPTH = 64 };

/// The columns of a product that do not fill a tile: computed 16 wide beside c, then copied.
static void multiply_tail(const ser_gemm_kernels *kernels, const ser_product *g, int64_t columns) {
    float c[TAIL_ROWS * 16], p[TAIL_DEPTH * 16], bias[16] = {0};
    if (g->bias) memcpy(bias, g->bias, (size_t)columns * sizeof *bias);
    for (int64_t row = 0; row < g->m; row += TAIL_ROWS) {
        int64_t rows = g->m - row < TAIL_ROWS ? g->m - row : TAIL_ROWS;
        memset(c, 0, sizeof c);
        if (g->start == SER_START_C)
            for (int64_t r = 0; r < rows; r++)
                memcpy(c + r * 16, g->c + (row + r) * g->ldc, (size_t)columns * sizeof *c);
        ser_product part = {.m = rows,
                            .n = 16,
                            .a = g->a + row * g->row_step,
                            .row_step = g->row_step,
                            .k_step = g->k_step,
                            .p = p,
                            .ldp = 16,
                            .panel_step = 0,
                            .c = c,
                            .ldc = 16,
                            .start = g->start,
                            .bias = bias};
        for (int64_t i = 0; i == 0 || i < g->k; i += TAIL_DEPTH) {
            part.k = g->k - i < TAIL_DEPTH ? g->k - i : TAIL_DEPTH;
            memset(p, 0, sizeof p);
            for (int64_t d = 0; d < part.k; d++)
                memcpy(p + d * 16, g->p + (i + d) * g->ldp, (size_t)columns * sizeof *p);
            kernels->multiply(&part);
            part.a += part.k * g->k_step;
            part.start = SER_START_C;
        }
        for (int64_t r = 0; r < rows; r++) memcpy(g->c + (row + r) * g->ldc, c + r * 16, (size_t)columns * sizeof *c);
    }
}

void ser_multiply(const ser_gemm_kernels *kernels, const ser_product *product) {
    ser_product g = *product;
    g.n = product->n / 16 * 16;
    if (g.n > 0) kernels->multiply(&g);
    int64_t left = product->n - g.n;
    if (left == 0) return;
    ser_product tail = *product;
    tail.p += g.n / SER_PANEL * g.panel_step + g.n % SER_PANEL;
    tail.c += g.n;
    if (tail.bias) tail.bias += g.n;
    multiply_tail(kernels, &tail, left);
}

static void add_bias(int64_t m, int64_t n, float *c, int64_t ldc, const float *bias) {
    for (int64_t r = 0; r < m; r++)
        for (int64_t j = 0; j < n; j++) c[r * ldc + j] += bias[j];
}

void ser_gemm_packed(int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *packed, float *c,
                     int64_t ldc, const float *bias, int32_t accumulate) {
    if (accumulate && bias) add_bias(m, n, c, ldc, bias);
    ser_product g = {.m = m,
                     .n = n,
                     .k = k,
                     .a = a,
                     .row_step = lda,
                     .k_step = 1,
                     .p = packed,
                     .ldp = SER_PANEL,
                     .panel_step = k * SER_PANEL,
                     .c = c,
                     .ldc = ldc,
                     .start = accumulate ? SER_START_C
                              : bias     ? SER_START_BIAS
                                         : SER_START_ZERO,
                     .bias = bias};
    ser_multiply(ser_gemm_table(), &g);
}

double ser_multiply_adds(int64_t rounds) {
    // Read where the compiler cannot know them, so that the loop stays.
    volatile float factor = 0.5f, addend = 1.0f;
    float out[2] = {factor, addend};
    double operations = ser_gemm_table()->multiply_adds(rounds, out);
    factor = out[0];
    return operations;
}
