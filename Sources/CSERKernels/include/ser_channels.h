// Channels of an image multiplied by a number each.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// out = x * scales[plane] in the first `valid` columns of each plane [height, width], 0 in the others.
void ser_scale_planes(float *_Nonnull out, const float *_Nonnull x, const float *_Nonnull scales, int64_t planes,
                      int64_t height, int64_t width, int64_t valid);
/// dx = (or +=) dy * scales[plane] and dscales = sum of dy * x, over valid columns. Either may be NULL.
void ser_scale_planes_backward(float *_Nullable dx, float *_Nullable dscales, const float *_Nonnull dy,
                               const float *_Nonnull x, const float *_Nonnull scales, int64_t planes, int64_t height,
                               int64_t width, int64_t valid, bool accumulate);
