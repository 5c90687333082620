// SPDX-License-Identifier: Apache-2.0
// The kernels of matrix products that exist once for each instruction set.
#pragma once
#include "../simd/instruction_sets.h"

// Packed matrices lie in panels: 32 columns side by side, one row of 32 floats after the other.
enum { SER_PANEL = 32 };

typedef enum { SER_START_ZERO, SER_START_BIAS, SER_START_C } ser_start;

// c[m, n] = start + a[m, k] p[k, n], where a(r, i) = a[r * row_step + i * k_step], and columns 32 j ... 32 j + 31 of
// row i of p lie at p[j * panel_step + i * ldp]. START_BIAS begins with the row `bias`, START_C with c itself. n counts
// in multiples of 16; so many columns of c, p and bias must be there to read and write.
typedef struct {
    int64_t m, n, k;
    const float *a;
    int64_t row_step, k_step;
    const float *p;
    int64_t ldp, panel_step;
    float *c;
    int64_t ldc;
    ser_start start;
    const float *bias;
    // What comes next lies in memory too far away to wait for: it is fetched along the way. NULL: nothing.
    const float *next;
    int64_t next_count;
} ser_product;

typedef struct {
    void (*multiply)(const ser_product *product);
    // sums[j] += sum over rows of a[row * lda + j]; n in multiples of 16
    void (*add_rows)(float *sums, const float *a, int64_t lda, int64_t rows, int64_t n);
    // Two products of a dense layer with few rows, on its weight [n, k] as it lies (dense.c says which is which).
    void (*dense_forward)(int64_t m, int64_t n, int64_t k, const float *x, int64_t ldx, const float *w, int64_t ldw,
                          float *y, int64_t ldy, const float *bias, int relu);
    void (*dense_weight_gradient)(int64_t m, int64_t n, int64_t k, const float *dy, int64_t lddy, const float *x,
                                  int64_t ldx, float *dw, int64_t lddw, int accumulate);
    // Multiply-adds on registers; returns how many operations. out[0] and out[1] are a factor and an addend.
    double (*multiply_adds)(int64_t rounds, float *out);
} ser_gemm_kernels;

#pragma GCC visibility push(hidden)
SER_DISPATCH(gemm)
#pragma GCC visibility pop
