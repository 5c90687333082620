// SPDX-License-Identifier: Apache-2.0

#include "ser_optimizers.h"
#include "../simd/simd.h"

SER_INLINE float flushed(float x) { return __builtin_fabsf(x) < 1e-30f ? 0.0f : x; }

SER_INLINE void sgd(float *restrict p, const float *restrict g, float *restrict u, int64_t n, ser_sgd s,
                    bool nesterov) {
    for (int64_t i = 0; i < n; i++) {
        float d = g[i] + s.weight_decay * p[i];
        float velocity = flushed(s.momentum * u[i] + d);
        u[i] = velocity;
        p[i] -= s.rate * (nesterov ? d + s.momentum * velocity : velocity);
    }
}

SER_CLONES void ser_sgd_step(float *p, const float *g, float *u, int64_t n, ser_sgd s) {
    if (s.momentum == 0 || !u) {
        for (int64_t i = 0; i < n; i++) p[i] -= s.rate * (g[i] + s.weight_decay * p[i]);
    } else if (s.nesterov) {
        sgd(p, g, u, n, s, true);
    } else {
        sgd(p, g, u, n, s, false);
    }
}

SER_CLONES void ser_adam_step(float *restrict p, const float *restrict g, float *restrict m, float *restrict v,
                              int64_t n, ser_adam s) {
    for (int64_t i = 0; i < n; i++) {
        float weight = p[i] * s.keep;
        float d = g[i] + s.weight_decay * p[i];
        float mean = flushed(m[i] + (d - m[i]) * s.one_minus_beta1);
        float square = flushed(s.beta2 * v[i] + (s.one_minus_beta2 * d) * d);
        m[i] = mean;
        v[i] = square;
        p[i] = weight - s.step * mean / (__builtin_elementwise_sqrt(square) * s.root_scale + s.epsilon);
    }
}

SER_INLINE void rmsprop(float *restrict p, const float *restrict g, float *restrict v, float *restrict m,
                        float *restrict u, int64_t n, ser_rmsprop s, bool centered, bool momentum) {
    for (int64_t i = 0; i < n; i++) {
        float d = g[i] + s.weight_decay * p[i];
        float square = flushed(s.alpha * v[i] + (s.one_minus_alpha * d) * d);
        v[i] = square;
        if (centered) {
            float mean = flushed(m[i] + (d - m[i]) * s.one_minus_alpha);
            m[i] = mean;
            float variance = square - mean * mean;
            square = variance < 0 ? 0 : variance;  // rounding may take it below 0, where the root is NaN
        }
        float update = d / (__builtin_elementwise_sqrt(square) + s.epsilon);
        if (momentum) {
            update = flushed(s.momentum * u[i] + update);
            u[i] = update;
        }
        p[i] -= s.rate * update;
    }
}

SER_CLONES void ser_rmsprop_step(float *p, const float *g, float *v, float *m, float *u, int64_t n, ser_rmsprop s) {
    if (m && u)
        rmsprop(p, g, v, m, u, n, s, true, true);
    else if (m)
        rmsprop(p, g, v, m, u, n, s, true, false);
    else if (u)
        rmsprop(p, g, v, m, u, n, s, false, true);
    else
        rmsprop(p, g, v, m, u, n, s, false, false);
}

enum { LANES = 16 };

SER_CLONES double ser_sum_of_squares(const float *x, int64_t n) {
    double lanes[LANES] = {0};
    int64_t whole = n - n % LANES;
    for (int64_t i = 0; i < whole; i += LANES)
        for (int j = 0; j < LANES; j++) lanes[j] += (double)x[i + j] * (double)x[i + j];
    double total = 0;
    for (int64_t i = whole; i < n; i++) total += (double)x[i] * (double)x[i];
    for (int j = 0; j < LANES; j++) total += lanes[j];
    return total;
}

SER_CLONES void ser_scale_in_place(float *x, int64_t n, float factor) {
    for (int64_t i = 0; i < n; i++) x[i] *= factor;
}

SER_CLONES void ser_clamp_in_place(float *x, int64_t n, float bound) {
    for (int64_t i = 0; i < n; i++) {
        float low = x[i] < -bound ? -bound : x[i];
        x[i] = low > bound ? bound : low;
    }
}
