// SPDX-License-Identifier: Apache-2.0
// Batch and layer normalisation.
#pragma once
#include <stdint.h>

/// Values seen as [batch, channels, height, width], or [batch, height, width, channels] where channels_last is set. Of
/// row b the first widths[b] columns are valid (NULL: all); the others take no part and come out as zero.
typedef struct {
    int64_t batch, channels, height, width;
    const int32_t *_Nullable widths;
    int32_t channels_last;
} ser_batch_values;

/// Values per channel that count.
int64_t ser_batch_count(const ser_batch_values *_Nonnull values);
/// Mean and biased variance of each channel.
void ser_batch_moments(const ser_batch_values *_Nonnull values, const float *_Nonnull x, float *_Nonnull mean,
                       float *_Nonnull variance);
/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta.
void ser_batch_normalize(const ser_batch_values *_Nonnull values, const float *_Nonnull x, const float *_Nonnull gamma,
                         const float *_Nonnull beta, const float *_Nonnull mean, const float *_Nonnull variance,
                         float epsilon, float *_Nonnull y);
/// The gradients; `frozen` tells that mean and variance did not depend on x.
void ser_batch_normalize_backward(const ser_batch_values *_Nonnull values, const float *_Nonnull x,
                                  const float *_Nonnull gamma, const float *_Nonnull mean,
                                  const float *_Nonnull variance, float epsilon, int32_t frozen,
                                  const float *_Nonnull dy, float *_Nullable dx, float *_Nonnull dgamma,
                                  float *_Nonnull dbeta);

/// Each row of `features` values normalised to mean 0 and variance 1 (biased), then gamma and beta. `statistics`
/// receives mean and 1 / sqrt(variance + epsilon) of each row.
void ser_layer_normalize(int64_t rows, int64_t features, const float *_Nonnull x, const float *_Nullable gamma,
                         const float *_Nullable beta, float epsilon, float *_Nonnull y, float *_Nonnull statistics);
void ser_layer_normalize_backward(int64_t rows, int64_t features, const float *_Nonnull x, const float *_Nullable gamma,
                                  const float *_Nonnull statistics, const float *_Nonnull dy, float *_Nullable dx,
                                  float *_Nullable dgamma, float *_Nullable dbeta);
