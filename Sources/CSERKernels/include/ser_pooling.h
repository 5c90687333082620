// SPDX-License-Identifier: Apache-2.0
// Pooling of images seen as [outer, height, width, inner]: channels before space are outer (inner is 1), channels after
// space are inner. `per_row` outer planes share one entry of `widths`, the valid columns (NULL: all are valid). A
// window sees valid positions only, and output columns past those that the valid width gives are zero.
#pragma once
#include <stdint.h>

typedef struct {
    int64_t outer, height, width, inner, per_row;
    int64_t window_height, window_width, stride_height, stride_width;
    int64_t pad_top, pad_bottom, pad_left, pad_right;
    const int32_t *_Nullable widths;
    /// Averages divide by the window's size within the padded image; otherwise by the number of valid positions.
    int32_t counts_padding;
    /// The window is the whole valid image, whatever its width: one output per plane.
    int32_t global;
} ser_pooling;

/// floor((size + pads - window) / stride) + 1, and 0 where the window does not fit.
int64_t ser_pooling_out_height(const ser_pooling *_Nonnull pooling);
int64_t ser_pooling_out_width(const ser_pooling *_Nonnull pooling);

/// y = the greatest value of each window; winners = its position in the plane, the first of equals (-1: an empty
/// window).
void ser_pooling_max(const ser_pooling *_Nonnull pooling, const float *_Nonnull x, float *_Nonnull y,
                     int32_t *_Nonnull winners);
void ser_pooling_max_backward(const ser_pooling *_Nonnull pooling, const int32_t *_Nonnull winners,
                              const float *_Nonnull dy, float *_Nonnull dx);

void ser_pooling_average(const ser_pooling *_Nonnull pooling, const float *_Nonnull x, float *_Nonnull y);
void ser_pooling_average_backward(const ser_pooling *_Nonnull pooling, const float *_Nonnull dy, float *_Nonnull dx);
