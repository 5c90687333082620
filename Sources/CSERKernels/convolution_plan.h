// How one convolution is laid out in scratch memory, and the steps that the plain and the fused operation share.
//
// An image is copied into scratch channels-last with zeros around it, `row` positions a row. Neighbouring rows share the
// zeros between them, so that with stride 1 output position h * row + w reads input position h * row + w + offset of the
// tap: the whole image is one run of positions, without a bounds check, at the price of a few positions between the rows
// whose output nobody reads.
#pragma once
#include "convolution_kernels.h"
#include "ser_convolution.h"
#include <stddef.h>

typedef struct {
    const ser_convolution_shape *shape;
    const convolution_kernels *kernels;
    int64_t out_height, out_width, taps;
    int64_t span_height, span_width;    // dilation * (kernel - 1)
    int64_t in_channels, out_channels;  // of one group
    int64_t in_step, out_step;          // channels a position takes in scratch: of inputs as they are, of outputs padded
    int64_t dx_step;                    // the same for the gradient of the inputs, which is an output of its convolution
    int64_t row, padded_height;         // of the padded input
    int64_t out_row;                    // positions between rows of the output in scratch
    int64_t slack;                      // positions that kernels may read past the last row
    int64_t panels, dx_panels;          // panels of packed weights a group needs
    int64_t gradient_rows;              // rows of a panel of the weights' gradient, padded to the tile
    // The gradient of the output, laid out for the convolution that gives dx: `stretched` by the stride, zeros around.
    int64_t dy_row, dy_height, dy_top, dy_left;
    int shared;                         // that layout also serves the weights' gradient: stride 1, no cropping
    int winograd;                       // 3 x 3 with stride 1 and enough channels: see convolution_winograd.h
} convolution_plan;

/// A plan. Where the sizes are out of range (see the Swift side, which checks them) the result is meaningless.
convolution_plan convolution_plan_make(const ser_convolution_shape *shape);

/// A pooled block, or the end of the process when memory has run out, as Swift's own allocations do.
float *convolution_scratch(int64_t floats);
void convolution_release(float *block, int64_t floats);

/// Floats of: packed weights, packed weights for dx, a padded input of some rows, an output of some rows, dy, one partial dw.
int64_t packed_floats(const convolution_plan *p);
int64_t dx_packed_floats(const convolution_plan *p);
int64_t input_floats(const convolution_plan *p, int64_t rows);
int64_t output_floats(const convolution_plan *p, int64_t rows);
int64_t dy_floats(const convolution_plan *p);
int64_t partial_floats(const convolution_plan *p);

/// Weights, and the bias (zeros where there is none) as one vector per panel behind them.
void pack_weights(const convolution_plan *p, const float *w, const float *bias, float *packed);
void pack_weights_for_dx(const convolution_plan *p, const float *w, float *packed);

/// Rows of padded input that a number of output rows needs.
int64_t padded_rows(const convolution_plan *p, int64_t rows);
/// The unit in which output rows may be split into bands.
int64_t row_unit(const convolution_plan *p);
/// Padded rows first..<first + rows of an image; columns from `valid` on are zero.
void fill_input(const convolution_plan *p, const float *image, int64_t valid, int64_t first, int64_t rows, float *padded);
/// Output rows first..<first + rows from a padded input whose row 0 is the first that they read.
void correlate_rows(const convolution_plan *p, const float *padded, const float *packed, int64_t rows, float *y);
/// dx of one image, from dy in its layout.
void correlate_dx(const convolution_plan *p, const float *dy, const float *packed, int64_t valid, float *scratch, float *dx);
int64_t dx_floats(const convolution_plan *p);
/// dx of one image from scratch with `row` positions between rows and dx_step channels; zero from column `valid` on.
void give_dx(const convolution_plan *p, float *scratch, int64_t row, int64_t valid, float *dx);
/// Adds what output rows contribute to a partial dw; dy has `dy_row` positions between rows, as `row` where p->shared.
void accumulate_rows(
    const convolution_plan *p, const float *padded, const float *dy, int64_t dy_row, int64_t rows, float *partial);
/// dw from `count` partial sums, added in order; spoils the first.
void reduce_partials(const convolution_plan *p, float *partials, int64_t count, float *dw);

/// Part of a tensor's image, [channels][positions] with `plane` floats between channels or, where `last`, [positions]
/// [channels], to scratch of `step` channels a position and back.
void positions_in(
    const convolution_plan *p, int last, const float *tensor, int64_t plane, int64_t channels, int64_t positions,
    float *scratch, int64_t step);
void positions_out(
    const convolution_plan *p, int last, const float *scratch, int64_t step, int64_t channels, int64_t positions,
    float *tensor, int64_t plane);

/// Images that one task of a backward pass takes, one after the other, into one partial dw.
int64_t images_per_task(const convolution_plan *p);
