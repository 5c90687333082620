// Element-wise kernels over contiguous floats. An output may be one of the inputs.
#pragma once
#include <stdbool.h>
#include <stdint.h>

void ser_add(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, int64_t count);
void ser_relu(float *_Nonnull out, const float *_Nonnull x, int64_t count);
/// dx = (or +=) dy where the output y is above 0.
void ser_relu_backward(float *_Nonnull dx, const float *_Nonnull dy, const float *_Nonnull y, int64_t count, bool accumulate);
