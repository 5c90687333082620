// SPDX-License-Identifier: Apache-2.0
// The first block of a network over pictures of one channel: 3 x 3, no gradient for its input. Its output is by far the
// network's largest image and costs nine products a value, so it is never stored: mean and variance of every channel
// follow from the 9 x 9 matrix of the inputs' products (y = w . x + b, so mean y = w . mean x + b and var y = w' cov(x)
// w), and the gradient needs, beside that matrix, only the inputs under the values that won their pooling windows.
#pragma once
#include "ser_convolution.h"

#pragma GCC visibility push(hidden)
int ser_convolution_is_first(const ser_convolution_block *block);
int64_t ser_convolution_first_saved(const ser_convolution_block *block);
/// Both forward passes: with `mean` and `variance` written from the batch, or taken as they are where `frozen`.
void ser_convolution_first_forward(const ser_convolution_block *block, const float *x, const float *w,
                                   const float *bias, const float *gamma, const float *beta, float epsilon, float *mean,
                                   float *variance, int frozen, float *saved, float *pooled);
void ser_convolution_first_backward(const ser_convolution_block *block, const float *x, const float *w,
                                    const float *bias, const float *gamma, const float *beta, float epsilon,
                                    const float *mean, const float *variance, int frozen, const float *saved,
                                    const float *dpooled, float *dw, float *dbias, float *dgamma, float *dbeta);
#pragma GCC visibility pop
