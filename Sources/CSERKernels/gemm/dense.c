// SPDX-License-Identifier: Apache-2.0

#include "products.h"
#include "ser_gemm.h"
#include "ser_memory.h"
#include <string.h>

void ser_dense_forward(int64_t m, int64_t n, int64_t k, const float *x, int64_t ldx, const float *w, int64_t ldw,
                       float *y, int64_t ldy, const float *bias, int32_t relu) {
    const ser_gemm_kernels *kernels = ser_gemm_table();
    const size_t bytes = (size_t)ser_packed_size(k, n) * sizeof(float);
    // Packing the weight pays with many rows, the sooner the shorter they are, as long as it stays in the cache.
    const int many = m >= (k < 128 ? 8 : 32) && n >= 16 && bytes <= (1 << 20);
    float *packed = many ? ser_allocate(bytes) : NULL;
    if (!packed) {
        kernels->dense_forward(m, n, k, x, ldx, w, ldw, y, ldy, bias, relu);
        return;
    }
    ser_pack(packed, w, ldw, k, n, 1);
    ser_gemm_packed(m, n, k, x, ldx, packed, y, ldy, bias, 0);
    for (int64_t r = 0; relu && r < m; r++)
        for (int64_t j = 0; j < n; j++) y[r * ldy + j] = y[r * ldy + j] < 0.0f ? 0.0f : y[r * ldy + j];
    ser_free(packed, bytes);
}

void ser_dense_input_gradient(int64_t m, int64_t n, int64_t k, const float *dy, int64_t lddy, const float *w,
                              int64_t ldw, float *dx, int64_t lddx, int32_t accumulate) {
    ser_product g = {.m = m,
                     .n = k,
                     .k = n,
                     .a = dy,
                     .row_step = lddy,
                     .k_step = 1,
                     .p = w,
                     .ldp = ldw,
                     .panel_step = SER_PANEL,
                     .c = dx,
                     .ldc = lddx,
                     .start = accumulate ? SER_START_C : SER_START_ZERO};
    ser_multiply(ser_gemm_table(), &g);
}

void ser_dense_weight_gradient(int64_t m, int64_t n, int64_t k, const float *dy, int64_t lddy, const float *x,
                               int64_t ldx, float *dw, int64_t lddw, int32_t accumulate) {
    const ser_gemm_kernels *kernels = ser_gemm_table();
    if (m < 8) {
        kernels->dense_weight_gradient(m, n, k, dy, lddy, x, ldx, dw, lddw, accumulate);
        return;
    }
    ser_product g = {.m = n,
                     .n = k,
                     .k = m,
                     .a = dy,
                     .row_step = 1,
                     .k_step = lddy,
                     .p = x,
                     .ldp = ldx,
                     .panel_step = SER_PANEL,
                     .c = dw,
                     .ldc = lddw,
                     .start = accumulate ? SER_START_C : SER_START_ZERO};
    ser_multiply(kernels, &g);
}

void ser_dense_bias_gradient(int64_t m, int64_t n, const float *dy, int64_t lddy, float *db, int32_t accumulate) {
    if (!accumulate) memset(db, 0, (size_t)n * sizeof *db);
    int64_t whole = n / 16 * 16;
    if (whole > 0) ser_gemm_table()->add_rows(db, dy, lddy, m, whole);
    for (int64_t r = 0; r < m; r++)
        for (int64_t j = whole; j < n; j++) db[j] += dy[r * lddy + j];
}
