// SPDX-License-Identifier: Apache-2.0
// Winograd's minimal filtering F(4 x 4, 3 x 3) (Lavin and Gray, "Fast algorithms for convolutional neural networks",
// 2016): 36 products where the definition takes 144. With the interpolation points 0, +-1/sqrt(2), +-sqrt(2) and
// infinity its rounding error is about twice that of the definition (measured: 7e-7 against 3e-7 relative to the norm,
// 64 channels).
//
// A tile of 4 x 4 outputs sees 6 x 6 inputs. Transformed, tiles are 36 independent matrix products over the channels:
// m[k] = v[k] u[k], with v from inputs, u from weights, m to outputs. Backward, with each transform transposed: dv[k] =
// dm[k] u[k]^T and du[k] = v[k]^T dm[k].
#pragma once
#include "plan.h"

#pragma GCC visibility push(hidden)
/// Floats of the transformed weights: for each panel [36][in channels][panel width] and then the bias [panel width], so
/// that a panel can be used on its own; for dx with inputs and outputs exchanged and without a bias.
int64_t ser_winograd_packed_floats(const convolution_plan *p);
int64_t ser_winograd_dx_packed_floats(const convolution_plan *p);
/// From the weights packed as the definition wants them, the bias behind them.
void ser_winograd_pack(const convolution_plan *p, const float *packed, float *u);
void ser_winograd_pack_for_dx(const convolution_plan *p, const float *packed, float *u);

/// As ser_direct_correlate; `padded` has padded_rows(p, rows) rows.
void ser_winograd_correlate(const convolution_plan *p, const float *padded, const float *u, int64_t rows, float *y);

/// What a backward pass goes over.
typedef struct {
    const float *x;
    const int32_t *in_widths;  // valid columns of each image of x; NULL: all
    const float *packed;       // weights for dx
    float *dx;                 // NULL when it is not wanted
    /// Writes an image's dy from position (0, 0) on, rows `row` positions apart; it finds what it wrote for the image
    /// before, and zeros where it never wrote.
    void (*write_dy)(const void *context, int64_t image, float *dy);
    const void *context;
} winograd_images;

/// The backward pass of images first..<end: their dx, and their partial dw.
void ser_winograd_backward(const convolution_plan *p, const winograd_images *images, int64_t first, int64_t end,
                           float *partial);
#pragma GCC visibility pop

/// Floats of an image's dy as write_dy is given it: whole tiles.
static inline int64_t winograd_dy_floats(const convolution_plan *p) {
    return (p->out_height + 3) / 4 * 4 * p->row * p->out_step;
}
