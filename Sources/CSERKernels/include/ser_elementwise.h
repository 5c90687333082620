// SPDX-License-Identifier: Apache-2.0
// Element-wise kernels over floats: operators, functions of one number, planes scaled, blocks moved. An output may be
// one of the inputs where nothing else is said.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Two axes of a broadcast. Element [r, c] of the output lies at r * columns + c; operands have a stride per axis, and
/// a column stride is 0 (one value for the whole row) or 1.
typedef struct {
    int64_t rows, columns, a_row, a_column, b_row, b_column;
    bool accumulate;  // add to the output instead of replacing it
} ser_grid;

typedef void (*ser_binary_kernel)(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, ser_grid grid);

void ser_binary_add(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, ser_grid grid);
void ser_binary_subtract(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, ser_grid grid);
void ser_binary_multiply(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, ser_grid grid);
void ser_binary_divide(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, ser_grid grid);
void ser_binary_power(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, ser_grid grid);
/// NaN when either is NaN.
void ser_binary_maximum(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, ser_grid grid);
void ser_binary_minimum(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, ser_grid grid);
/// 1 where the comparison holds, else 0; NaN compares as unequal.
void ser_binary_less(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, ser_grid grid);
void ser_binary_less_equal(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, ser_grid grid);
void ser_binary_equal(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, ser_grid grid);
void ser_binary_not_equal(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, ser_grid grid);
/// a where b is not 0, else 0: so that NaN and infinity do not pass a mask as they pass a product.
void ser_binary_masked(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, ser_grid grid);

/// out = a + b
void ser_add(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, int64_t count);
/// out = (or +=) scale * x
void ser_scale(float *_Nonnull out, const float *_Nonnull x, float scale, int64_t count, bool accumulate);
/// out = x + value
void ser_add_constant(float *_Nonnull out, const float *_Nonnull x, float value, int64_t count);
/// out = mask != 0 ? a : b
void ser_where(float *_Nonnull out, const float *_Nonnull mask, const float *_Nonnull a, const float *_Nonnull b,
               int64_t count);

void ser_relu(float *_Nonnull out, const float *_Nonnull x, int64_t count);
/// dx = (or +=) dy where the output y is above 0.
void ser_relu_backward(float *_Nonnull dx, const float *_Nonnull dy, const float *_Nonnull y, int64_t count,
                       bool accumulate);

/// Functions of one number with up to two constants p and q, and their backward
/// passes: dx = (or +=) dy * f'(x), where s is x or the value f(x), as each says.
typedef void (*ser_unary_kernel)(float *_Nonnull out, const float *_Nonnull x, float p, float q, int64_t count);
typedef void (*ser_unary_backward_kernel)(float *_Nonnull dx, const float *_Nonnull dy, const float *_Nonnull s,
                                          float p, float q, int64_t count, bool accumulate);

#define SER_DECLARE_UNARY(name)                                                                                        \
    void ser_unary_##name(float *_Nonnull out, const float *_Nonnull x, float p, float q, int64_t count);              \
    void ser_unary_##name##_backward(float *_Nonnull dx, const float *_Nonnull dy, const float *_Nonnull s, float p,   \
                                     float q, int64_t count, bool accumulate);

SER_DECLARE_UNARY(exp)         // s = value
SER_DECLARE_UNARY(log)         // s = x
SER_DECLARE_UNARY(sqrt)        // s = value
SER_DECLARE_UNARY(square)      // s = x
SER_DECLARE_UNARY(power)       // x^p; s = x
SER_DECLARE_UNARY(abs)         // s = x
SER_DECLARE_UNARY(clamp)       // to p...q; s = x
SER_DECLARE_UNARY(tanh)        // s = value
SER_DECLARE_UNARY(sigmoid)     // s = value
SER_DECLARE_UNARY(leaky_relu)  // slope p below 0; s = x
SER_DECLARE_UNARY(elu)         // p (e^x - 1) below 0; s = x
SER_DECLARE_UNARY(gelu)        // x Phi(x); s = x
SER_DECLARE_UNARY(gelu_tanh)   // the tanh form; s = x
SER_DECLARE_UNARY(softplus)    // log(1 + e^x); s = x
SER_DECLARE_UNARY(reciprocal)  // p / x; s = x
SER_DECLARE_UNARY(quotient)    // x / p; s = anything
#undef SER_DECLARE_UNARY

// Channels of an image multiplied by a number each.

/// out = x * scales[plane] in the first `valid` columns of each plane [height, width], 0 in the others.
void ser_scale_planes(float *_Nonnull out, const float *_Nonnull x, const float *_Nonnull scales, int64_t planes,
                      int64_t height, int64_t width, int64_t valid);
/// dx = (or +=) dy * scales[plane] and dscales = sum of dy * x, over valid columns. Either may be NULL.
void ser_scale_planes_backward(float *_Nullable dx, float *_Nullable dscales, const float *_Nonnull dy,
                               const float *_Nonnull x, const float *_Nonnull scales, int64_t planes, int64_t height,
                               int64_t width, int64_t valid, bool accumulate);

// Moving blocks of floats about: the inside of transposing, slicing, joining and padding.

/// out[r * out_row + c * out_column] = (or +=) x[r * x_row + c * x_column]
void ser_copy_grid(float *_Nonnull out, int64_t out_row, int64_t out_column, const float *_Nonnull x, int64_t x_row,
                   int64_t x_column, int64_t rows, int64_t columns, bool accumulate);
