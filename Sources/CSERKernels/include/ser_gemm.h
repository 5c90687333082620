// SPDX-License-Identifier: Apache-2.0
// Small matrix products, in which one matrix stays the same or is read as it lies: what BLAS, which packs on every
// call, does slowly. Single-threaded: the caller cuts, by shape alone. Row-major; ld... is the distance between rows
// in floats. In which order an element's terms are added depends on their number alone, so rows may be cut anywhere.
#pragma once
#include <stdint.h>

/// Floats that a packed [k, n] matrix takes. Pack into memory aligned to 64 bytes.
int64_t ser_packed_size(int64_t k, int64_t n);
/// Packs b [k, n], or its transpose stored [n, k], into panels of 32 columns, the last one padded with zeros.
void ser_pack(float *_Nonnull packed, const float *_Nonnull b, int64_t ldb, int64_t k, int64_t n, int32_t transposed);
/// c[m, n] = a[m, k] b (+ the row bias[n]) (+ c, if `accumulate`); `packed` is b as ser_pack left it.
void ser_gemm_packed(int64_t m, int64_t n, int64_t k, const float *_Nonnull a, int64_t lda,
                     const float *_Nonnull packed, float *_Nonnull c, int64_t ldc, const float *_Nullable bias,
                     int32_t accumulate);

/// A dense layer: y[m, n] = x[m, k] w[n, k]^T + bias[n], negative values to 0 if `relu`.
void ser_dense_forward(int64_t m, int64_t n, int64_t k, const float *_Nonnull x, int64_t ldx, const float *_Nonnull w,
                       int64_t ldw, float *_Nonnull y, int64_t ldy, const float *_Nullable bias, int32_t relu);
/// dx[m, k] (+)= dy[m, n] w[n, k]
void ser_dense_input_gradient(int64_t m, int64_t n, int64_t k, const float *_Nonnull dy, int64_t lddy,
                              const float *_Nonnull w, int64_t ldw, float *_Nonnull dx, int64_t lddx,
                              int32_t accumulate);
/// dw[n, k] (+)= dy[m, n]^T x[m, k]
void ser_dense_weight_gradient(int64_t m, int64_t n, int64_t k, const float *_Nonnull dy, int64_t lddy,
                               const float *_Nonnull x, int64_t ldx, float *_Nonnull dw, int64_t lddw,
                               int32_t accumulate);
/// db[n] (+)= the sum of dy's rows
void ser_dense_bias_gradient(int64_t m, int64_t n, const float *_Nonnull dy, int64_t lddy, float *_Nonnull db,
                             int32_t accumulate);

/// Multiply-adds on registers alone with the best instruction set; returns how many operations (two each) they were.
double ser_multiply_adds(int64_t rounds);
