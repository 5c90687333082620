// SPDX-License-Identifier: Apache-2.0
// Sums and extremes. Sums run in fixed lanes of floats over short blocks, and the blocks add in double precision: the
// rounding error does not grow with the length, and the order of additions depends on the lengths alone.
#pragma once
#include <stdint.h>

/// The sum of x.
double ser_sum(const float *_Nonnull x, int64_t count);
/// out[r] = sum of x[r, :]
void ser_sum_rows(double *_Nonnull out, const float *_Nonnull x, int64_t rows, int64_t columns);
/// out[c] = sum of x[:, c]
void ser_sum_columns(double *_Nonnull out, const float *_Nonnull x, int64_t rows, int64_t columns);
/// out[r] = sign * maximum of sign * x[r, :]; NaN if there is one. At least one column.
void ser_maximum_rows(float *_Nonnull out, const float *_Nonnull x, int64_t rows, int64_t columns, float sign);
/// out[c] = sign * maximum of sign * x[:, c]; NaN if there is one. At least one row.
void ser_maximum_columns(float *_Nonnull out, const float *_Nonnull x, int64_t rows, int64_t columns, float sign);
/// out[r] = the first index of the maximum of sign * x[r, :], of the first NaN if there is one. At least one column.
void ser_argmax_rows(int32_t *_Nonnull out, const float *_Nonnull x, int64_t rows, int64_t columns, float sign);

/// out[r, :] = softmax of x[r, :]
void ser_softmax_rows(float *_Nonnull out, const float *_Nonnull x, int64_t rows, int64_t columns);
/// out[r, :] = x[r, :] - log sum exp x[r, :]
void ser_log_softmax_rows(float *_Nonnull out, const float *_Nonnull x, int64_t rows, int64_t columns);
/// out[r] = log sum exp x[r, :]; -infinity for a row of none or of -infinities.
void ser_log_sum_exp_rows(float *_Nonnull out, const float *_Nonnull x, int64_t rows, int64_t columns);
/// dx[r, :] = (or +=) y[r, :] * (dy[r, :] - sum of y[r, :] * dy[r, :]), where y is the softmax
void ser_softmax_backward_rows(float *_Nonnull dx, const float *_Nonnull dy, const float *_Nonnull y, int64_t rows,
                               int64_t columns, _Bool accumulate);
/// dx[r, :] = (or +=) dy[r, :] - exp(y[r, :]) * sum of dy[r, :], where y is the logarithm of the softmax
void ser_log_softmax_backward_rows(float *_Nonnull dx, const float *_Nonnull dy, const float *_Nonnull y, int64_t rows,
                                   int64_t columns, _Bool accumulate);
