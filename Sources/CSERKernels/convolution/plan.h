// SPDX-License-Identifier: Apache-2.0
// How one convolution is laid out in scratch memory, and how tensors come there and back.
//
// An image is copied into scratch channels-last with zeros around it, `row` positions a row. Neighbouring rows share
// the zeros between them, so that with stride 1 output position h * row + w reads input position h * row + w + offset
// of the tap: the whole image is one run of positions, without a bounds check, at the price of a few positions between
// the rows whose output nobody reads.
#pragma once
#include "kernels/kernels.h"
#include "../runtime/integers.h"
#include "ser_convolution.h"

typedef struct {
    const ser_convolution_shape *shape;
    const ser_convolution_kernels *kernels;
    int64_t out_height, out_width, taps;
    int64_t span_height, span_width;    // dilation * (kernel - 1)
    int64_t in_channels, out_channels;  // of one group
    int64_t in_step, out_step;          // channels a position takes in scratch: inputs' as they are, outputs' padded
    int64_t dx_step;                    // the same of the gradient of the inputs, an output of its convolution
    int64_t row, padded_height;         // of the padded input
    int64_t out_row;                    // positions between rows of the output in scratch
    int64_t slack;                      // positions that kernels may read past the last row
    int64_t panels, dx_panels;          // panels of packed weights a group needs
    int64_t gradient_rows;              // rows of a panel of the weights' gradient, padded to the tile
    // The gradient of the output, laid out for the convolution that gives dx: `stretched` by the stride, zeros around.
    int64_t dy_row, dy_height, dy_top, dy_left;
    int shared;    // that layout also serves the weights' gradient: stride 1, no cropping
    int winograd;  // 3 x 3 with stride 1 and enough channels: see winograd.h
} convolution_plan;

#pragma GCC visibility push(hidden)
/// A plan. Where the sizes are out of range (see the Swift side, which checks them) the result is meaningless.
convolution_plan ser_convolution_plan_make(const ser_convolution_shape *shape);

/// Part of a tensor's image, [channels][positions] with `plane` floats between channels or, where `last`, [positions]
/// [channels], to scratch of `step` channels a position and back.
void ser_positions_in(const convolution_plan *p, int last, const float *tensor, int64_t plane, int64_t channels,
                      int64_t positions, float *scratch, int64_t step);
void ser_positions_out(const convolution_plan *p, int last, const float *scratch, int64_t step, int64_t channels,
                       int64_t positions, float *tensor, int64_t plane);
/// Padded rows first..<first + rows of an image; columns from `valid` on are zero.
void ser_convolution_fill_input(const convolution_plan *p, const float *image, int64_t valid, int64_t first,
                                int64_t rows, float *padded);
/// dx of one image from scratch with `row` positions between rows and dx_step channels; zero from column `valid` on.
void ser_convolution_give_dx(const convolution_plan *p, float *scratch, int64_t row, int64_t valid, float *dx);
/// dw from `count` partial sums, added in order; spoils the first.
void ser_convolution_reduce(const convolution_plan *p, float *partials, int64_t count, float *dw);
#pragma GCC visibility pop

/// Rows of padded input that a number of output rows needs.
static inline int64_t padded_rows(const convolution_plan *p, int64_t rows) {
    return p->winograd ? (rows + 3) / 4 * 4 + 2 : (rows - 1) * p->shape->stride_height + p->span_height + 1;
}

/// The unit in which output rows may be split into bands.
static inline int64_t row_unit(const convolution_plan *p) { return p->winograd ? 4 : 1; }

/// Images that one task of a backward pass takes, one after the other, into one partial dw: at most 8 partial sums,
/// since each costs memory, and clearing and adding.
static inline int64_t images_per_task(const convolution_plan *p) { return (p->shape->batch + 7) / 8; }

// Floats of a padded input of some rows, an output of some rows, dy and dx in scratch, and one partial dw.

static inline int64_t input_floats(const convolution_plan *p, int64_t rows) {
    return (rows * p->row + p->slack) * p->in_step;
}
static inline int64_t output_floats(const convolution_plan *p, int64_t rows) {
    return rows * p->out_row * p->out_step + MOST_PANEL;
}
static inline int64_t dy_floats(const convolution_plan *p) {
    return (p->dy_height * p->dy_row + p->slack) * p->out_step + MOST_PANEL;
}
static inline int64_t dx_floats(const convolution_plan *p) {
    return p->shape->height * p->dy_row * p->dx_step + MOST_PANEL;
}
static inline int64_t partial_floats(const convolution_plan *p) {
    return p->shape->groups * p->panels * p->gradient_rows * p->kernels->panel;
}
