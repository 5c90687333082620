// Element-wise kernels over contiguous floats.
#pragma once
#include <stdint.h>

void ser_add(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, int64_t count);
