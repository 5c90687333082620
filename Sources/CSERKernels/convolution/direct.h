// SPDX-License-Identifier: Apache-2.0
// Convolution as its definition has it: sums over the taps of the kernel.
#pragma once
#include "plan.h"

#pragma GCC visibility push(hidden)
/// Floats of packed weights with the bias as one vector per panel behind them, and of packed weights for dx.
int64_t ser_direct_packed_floats(const convolution_plan *p);
int64_t ser_direct_dx_packed_floats(const convolution_plan *p);
/// Without a bias zeros take its place.
void ser_direct_pack(const convolution_plan *p, const float *w, const float *bias, float *packed);
void ser_direct_pack_for_dx(const convolution_plan *p, const float *w, float *packed);

/// Output rows 0..<rows from a padded input whose row 0 is the first that they read.
void ser_direct_correlate(const convolution_plan *p, const float *padded, const float *packed, int64_t rows, float *y);

/// Copies an image's dy from rows of `from_row` positions into the layout for dx, where the two differ (strides,
/// cropped padding).
void ser_direct_stretch(const convolution_plan *p, const float *from, int64_t from_row, float *dy);
/// dx of one image, from dy in its layout.
void ser_direct_correlate_dx(const convolution_plan *p, const float *dy, const float *packed, int64_t valid,
                             float *scratch, float *dx);
/// Adds what output rows contribute to a partial dw; dy has `dy_row` positions between rows, as `row` where p->shared.
void ser_direct_accumulate(const convolution_plan *p, const float *padded, const float *dy, int64_t dy_row,
                           int64_t rows, float *partial);
#pragma GCC visibility pop
