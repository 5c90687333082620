// SPDX-License-Identifier: Apache-2.0
// One step of an optimiser in one pass over flat buffers, and what gradient clipping needs. Moments whose magnitude
// falls below 1e-30 become 0: with gradients at zero they would decay into denormal numbers, which are slow.
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    float rate;          // learning rate
    float weight_decay;  // added to the gradient as weight_decay * parameter
    float momentum;
    bool nesterov;
} ser_sgd;

/// velocity = momentum * velocity + gradient; parameters -= rate * velocity. `velocity` is not read when momentum is 0.
void ser_sgd_step(float *_Nonnull parameters, const float *_Nonnull gradients, float *_Nullable velocity, int64_t count,
                  ser_sgd settings);

typedef struct {
    float keep;          // parameters are first multiplied by this: 1 - rate * decoupled weight decay
    float weight_decay;  // added to the gradient as weight_decay * parameter
    float one_minus_beta1;
    float beta2, one_minus_beta2;
    float step;        // rate / (1 - beta1^t)
    float root_scale;  // 1 / sqrt(1 - beta2^t)
    float epsilon;
} ser_adam;

/// parameters -= step * mean / (sqrt(square) * root_scale + epsilon), after the two moments have taken in the gradient.
void ser_adam_step(float *_Nonnull parameters, const float *_Nonnull gradients, float *_Nonnull mean,
                   float *_Nonnull square, int64_t count, ser_adam settings);

typedef struct {
    float rate;
    float weight_decay;
    float alpha, one_minus_alpha;
    float epsilon;
    float momentum;
} ser_rmsprop;

/// `mean` is given for the centred form alone, `velocity` with momentum alone.
void ser_rmsprop_step(float *_Nonnull parameters, const float *_Nonnull gradients, float *_Nonnull square,
                      float *_Nullable mean, float *_Nullable velocity, int64_t count, ser_rmsprop settings);

/// The sum of squares in double precision, added in the same order on every processor.
double ser_sum_of_squares(const float *_Nonnull x, int64_t count);
void ser_scale_in_place(float *_Nonnull x, int64_t count, float factor);
/// x = min(max(x, -bound), bound); NaN stays NaN.
void ser_clamp_in_place(float *_Nonnull x, int64_t count, float bound);
