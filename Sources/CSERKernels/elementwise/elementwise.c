// SPDX-License-Identifier: Apache-2.0

#include "ser_elementwise.h"
#include <math.h>
#include "../simd/simd.h"
#include "../simd/vector_math.h"

// An output may be one of the inputs, at the same index only, so iterations never depend on each other; the compiler
// cannot know that and would otherwise test for overlap and fall back to one element at a time.
#define EACH(n) _Pragma("clang loop vectorize(assume_safety)") for (int64_t i = 0; i < (n); i++)
// Loops that call the mathematics library do not become vector code.
#define EACH_SCALAR(n) for (int64_t i = 0; i < (n); i++)

#define STORE(LOOP, n, expression)                                                                                     \
    if (g.accumulate) {                                                                                                \
        LOOP(n) o[i] += (expression);                                                                                  \
    } else {                                                                                                           \
        LOOP(n) o[i] = (expression);                                                                                   \
    }

#define BINARY(name, expression) BINARY_LOOP(EACH, name, expression)
#define BINARY_LOOP(LOOP, name, expression)                                                                            \
    SER_INLINE float name(float a, float b) { return expression; }                                                     \
    SER_CLONES void ser_binary_##name(float *out, const float *a, const float *b, ser_grid g) {                        \
        for (int64_t r = 0; r < g.rows; r++) {                                                                         \
            float *o = out + r * g.columns;                                                                            \
            const float *x = a + r * g.a_row, *y = b + r * g.b_row;                                                    \
            if (g.a_column && g.b_column) {                                                                            \
                STORE(LOOP, g.columns, name(x[i], y[i]))                                                               \
            } else if (g.a_column) {                                                                                   \
                float v = *y;                                                                                          \
                STORE(LOOP, g.columns, name(x[i], v))                                                                  \
            } else if (g.b_column) {                                                                                   \
                float v = *x;                                                                                          \
                STORE(LOOP, g.columns, name(v, y[i]))                                                                  \
            } else {                                                                                                   \
                float v = name(*x, *y);                                                                                \
                STORE(LOOP, g.columns, v)                                                                              \
            }                                                                                                          \
        }                                                                                                              \
    }

BINARY(add, a + b)
BINARY(subtract, a - b)
BINARY(multiply, a *b)
BINARY(divide, a / b)
BINARY_LOOP(EACH_SCALAR, power, powf(a, b))
BINARY(maximum, a > b || a != a ? a : b)
BINARY(minimum, a < b || a != a ? a : b)
BINARY(less, a < b ? 1.0f : 0.0f)
BINARY(less_equal, a <= b ? 1.0f : 0.0f)
BINARY(equal, a == b ? 1.0f : 0.0f)
BINARY(not_equal, a != b ? 1.0f : 0.0f)
BINARY(masked, b != 0.0f ? a : 0.0f)

SER_CLONES void ser_add(float *out, const float *a, const float *b, int64_t n) { EACH(n) out[i] = a[i] + b[i]; }

SER_CLONES void ser_scale(float *out, const float *x, float scale, int64_t n, bool accumulate) {
    if (accumulate) {
        EACH(n) out[i] += scale * x[i];
    } else {
        EACH(n) out[i] = scale * x[i];
    }
}

SER_CLONES void ser_add_constant(float *out, const float *x, float value, int64_t n) { EACH(n) out[i] = x[i] + value; }

SER_CLONES void ser_where(float *out, const float *mask, const float *a, const float *b, int64_t n) {
    EACH(n) out[i] = mask[i] != 0.0f ? a[i] : b[i];
}

SER_CLONES void ser_relu(float *out, const float *x, int64_t n) {
    EACH(n) out[i] = x[i] <= 0 ? 0 : x[i];  // so that NaN stays NaN
}

SER_CLONES void ser_relu_backward(float *dx, const float *dy, const float *y, int64_t n, bool accumulate) {
    if (accumulate) {
        EACH(n) dx[i] += y[i] <= 0 ? 0 : dy[i];
    } else {
        EACH(n) dx[i] = y[i] <= 0 ? 0 : dy[i];
    }
}

// `forward` is in terms of x, `slope` of s (x or the value, as the header says); p and q are constants.
#define UNARY(name, forward, slope) UNARY_LOOP(EACH, name, forward, slope)
#define UNARY_LOOP(LOOP, name, forward, slope)                                                                         \
    SER_INLINE float name##_value(float x, float p, float q) {                                                         \
        (void)p;                                                                                                       \
        (void)q;                                                                                                       \
        return forward;                                                                                                \
    }                                                                                                                  \
    SER_INLINE float name##_slope(float s, float p, float q) {                                                         \
        (void)s;                                                                                                       \
        (void)p;                                                                                                       \
        (void)q;                                                                                                       \
        return slope;                                                                                                  \
    }                                                                                                                  \
    SER_CLONES void ser_unary_##name(float *out, const float *x, float p, float q, int64_t n) {                        \
        LOOP(n) out[i] = name##_value(x[i], p, q);                                                                     \
    }                                                                                                                  \
    SER_CLONES void ser_unary_##name##_backward(float *dx, const float *dy, const float *s, float p, float q,          \
                                                int64_t n, bool accumulate) {                                          \
        if (accumulate) {                                                                                              \
            LOOP(n) dx[i] += dy[i] * name##_slope(s[i], p, q);                                                         \
        } else {                                                                                                       \
            LOOP(n) dx[i] = dy[i] * name##_slope(s[i], p, q);                                                          \
        }                                                                                                              \
    }

// The normal distribution function and density, and the constants of the tanh form (Hendrycks and Gimpel, 2016).
#define HALF_ROOT 0.70710678118654752f
#define DENSITY_AT_0 0.39894228040143268f
#define GELU_K 0.79788456080286536f
#define GELU_C 0.044715f

// The error function: x P(x^2) below 1, 1 - e^Q(x) from there to 4, where it is 1 to float precision. P and Q are
// Chebyshev fits; relative error at most 2e-7.
SER_INLINE float erf_approx(float x) {
    float m = __builtin_fabsf(x), t = m < 1.0f ? m * m : 1.0f, u = m > 4.0f ? 4.0f : m < 1.0f ? 1.0f : m;
    float p = -9.67359119e-06f;
    p = p * t + 0.000112682537f;
    p = p * t - 0.000848439639f;
    p = p * t + 0.00522105349f;
    p = p * t - 0.0268654376f;
    p = p * t + 0.112837829f;
    p = p * t - 0.376126379f;
    p = p * t + 1.12837923f;
    float q = 1.6140616e-06f;
    q = q * u - 4.55906229e-05f;
    q = q * u + 0.000592769531f;
    q = q * u - 0.00474022236f;
    q = q * u + 0.0263647176f;
    q = q * u - 0.109978244f;
    q = q * u - 0.631937087f;
    q = q * u - 1.13016665f;
    q = q * u + 0.000303212961f;
    float value = 1.0f - ser_expf_approx(q);
    value = x < 0.0f ? -value : value;
    value = m < 1.0f ? x * p : value;
    return x != x ? x : value;
}

SER_INLINE float normal_cdf(float x) { return 0.5f * (1.0f + erf_approx(x * HALF_ROOT)); }

SER_INLINE float gelu_tanh_gate(float x) { return ser_tanhf_approx(GELU_K * (x + GELU_C * x * x * x)); }

SER_INLINE float gelu_tanh_derivative(float x) {
    float t = gelu_tanh_gate(x);
    return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * GELU_K * (1.0f + 3.0f * GELU_C * x * x);
}

// e^x - 1 by way of tanh(x / 2), which does not cancel near 0: e^x - 1 = 2 t / (1 - t).
SER_INLINE float expm1_below_0(float x) {
    float t = ser_tanhf_approx(0.5f * x);
    return 2.0f * t / (1.0f - t);
}

UNARY(exp, ser_expf_approx(x), s)
UNARY(log, ser_logf_approx(x), 1.0f / s)
UNARY(sqrt, __builtin_elementwise_sqrt(x), 0.5f / s)
UNARY(square, x *x, 2.0f * s)
UNARY_LOOP(EACH_SCALAR, power, powf(x, p), p == 0.0f ? 0.0f : p * powf(s, p - 1.0f))
UNARY(abs, __builtin_fabsf(x), s > 0.0f ? 1.0f : s < 0.0f ? -1.0f : s)
UNARY(clamp, x<p ? p : x> q ? q : x, s >= p && s <= q ? 1.0f : 0.0f)
UNARY(tanh, ser_tanhf_approx(x), 1.0f - s * s)
UNARY(sigmoid, ser_sigmoidf_approx(x), s * (1.0f - s))
UNARY(leaky_relu, x > 0.0f ? x : p * x, s > 0.0f ? 1.0f : p)
UNARY(elu, x > 0.0f ? x : p * expm1_below_0(x < 0.0f ? x : x * 0.0f), s > 0.0f ? 1.0f : p * ser_expf_approx(s))
UNARY(gelu, x *normal_cdf(x), normal_cdf(s) + s * DENSITY_AT_0 * ser_expf_approx(-0.5f * s * s))
UNARY(gelu_tanh, 0.5f * x * (1.0f + gelu_tanh_gate(x)), gelu_tanh_derivative(s))
UNARY(softplus, (x > 0.0f ? x : 0.0f) + ser_log1pf_approx(ser_expf_approx(-__builtin_fabsf(x))), ser_sigmoidf_approx(s))
UNARY(reciprocal, p / x, -p / (s * s))
UNARY(quotient, x / p, 1.0f / p)
