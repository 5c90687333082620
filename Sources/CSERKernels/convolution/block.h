// SPDX-License-Identifier: Apache-2.0
// What the passes of a fused block share: how its work is cut into bands of output rows, and a band's convolution and
// pooling.
//
// Convolution, batch normalisation, ReLU and max pooling are one operation. The convolution's output is touched while
// it is in cache; where computing it again costs less than fetching it (few input channels) it is never stored at all.
#pragma once
#include "plan.h"
#include "../runtime/scratch.h"

typedef struct {
    const ser_convolution_block *block;
    const convolution_plan *plan;
    const float *x, *packed;
    int64_t pooled_height, pooled_width, step;  // step: channels of a position in scratch
    int64_t rows, bands;                        // output rows of a band (whole windows), bands an image
    const float *scale, *shift, *sign, *mean;
    float *moments;  // [pieces][mean, squares][step]
    float *saved, *winners, *pooled;
    // backward
    const float *dpooled, *constant, *slope, *dx_packed;
    float *sums;  // [images][2][step]
    float *dx, *partials;
    int64_t images;
    int moves;  // whether the statistics follow the values
} block_context;

typedef struct {
    int64_t image, first, rows;
} band;

/// Per-channel factors, padded with zeros: z = scale y + shift.
typedef struct {
    float *scale, *shift, *sign, *mean, *inverse, *constant, *slope;
    int64_t floats;
} factors;

#pragma GCC visibility push(hidden)
block_context ser_block_begin(const ser_convolution_block *block, const convolution_plan *p, const float *x);
factors ser_block_make_factors(const convolution_plan *p, const float *gamma, const float *beta, float epsilon,
                               const float *mean, const float *variance);
void ser_block_use_factors(block_context *c, const factors *f);

/// The convolution of a band, into y.
void ser_block_correlate(const block_context *c, band b, float *y);
/// The context's arguments for the pooled rows that begin in a band.
struct pool_arguments ser_block_pool_arguments(const block_context *c, band b, const float *y);
/// Clears pooled columns past the valid ones.
void ser_block_clear_invalid(const struct pool_arguments *a, int64_t width, float *pooled);
/// Where the pooled rows of a band begin in an image's tensor.
int64_t ser_block_pooled_offset(const block_context *c, band b);
/// Pools a band of y and writes what comes out, and what won, where they belong.
void ser_block_pool(const block_context *c, band b, const float *y);
#pragma GCC visibility pop

/// Products per output below which the output is computed again in each pass.
enum { CHEAP_PRODUCTS = 32 };

static inline int computed_again(const convolution_plan *p) { return p->taps * p->in_channels <= CHEAP_PRODUCTS; }

/// Floats of one image's output in scratch layout.
static inline int64_t image_floats(const convolution_plan *p) { return p->out_height * p->out_row * p->out_step; }

static inline int64_t valid_input(const block_context *c, int64_t image) {
    return c->block->in_widths ? c->block->in_widths[image] : c->plan->shape->width;
}
static inline int64_t valid_output(const block_context *c, int64_t image) {
    return c->block->out_widths ? c->block->out_widths[image] : c->plan->out_width;
}
static inline int64_t valid_pooled(const block_context *c, int64_t image) {
    return c->block->pooled_widths ? c->block->pooled_widths[image] : c->pooled_width;
}

static inline band band_at(const block_context *c, int64_t index) {
    band b = {.image = index / c->bands, .first = index % c->bands * c->rows};
    b.rows = smaller(c->rows, c->plan->out_height - b.first);
    return b;
}

static inline float *saved_band(const block_context *c, band b) {
    return c->saved + b.image * image_floats(c->plan) + b.first * c->plan->out_row * c->step;
}

/// Whether the pooled tensor lies as scratch does, so that nothing need be copied.
static inline int lies_as_scratch(const block_context *c) {
    return c->block->pooled_channels_last && c->step == c->plan->shape->out_channels;
}
