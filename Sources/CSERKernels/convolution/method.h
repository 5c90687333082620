// SPDX-License-Identifier: Apache-2.0
// Which way a convolution is computed: as its definition has it, or by Winograd's tiles.
#pragma once
#include "plan.h"

#pragma GCC visibility push(hidden)
/// Floats of packed weights with the bias, and of packed weights for dx.
int64_t ser_convolution_packed_floats(const convolution_plan *p);
int64_t ser_convolution_dx_packed_floats(const convolution_plan *p);
/// Without a bias zeros take its place.
void ser_convolution_pack(const convolution_plan *p, const float *w, const float *bias, float *packed);
void ser_convolution_pack_for_dx(const convolution_plan *p, const float *w, float *packed);
/// Output rows 0..<rows from a padded input whose row 0 is the first that they read.
void ser_convolution_correlate(const convolution_plan *p, const float *padded, const float *packed, int64_t rows,
                               float *y);
#pragma GCC visibility pop
