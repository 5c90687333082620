// SPDX-License-Identifier: Apache-2.0

#include "block.h"
#include "method.h"
#include <math.h>

enum { BAND_FLOATS = 48 * 1024 };

block_context ser_block_begin(const ser_convolution_block *block, const convolution_plan *p, const float *x) {
    block_context c = {.block = block, .plan = p, .x = x, .step = p->out_step};
    c.pooled_height = p->out_height / block->pool_height;
    c.pooled_width = p->out_width / block->pool_width;
    int64_t pieces = (8 + p->shape->batch - 1) / p->shape->batch;
    int64_t rows = (p->out_height + pieces - 1) / pieces, fit = BAND_FLOATS / (p->out_row * p->out_step);
    if (rows > fit) rows = fit;
    // Bands are whole pooled rows, and whole tiles.
    int64_t unit = block->pool_height;
    while (unit % row_unit(p)) unit += block->pool_height;
    c.rows = rows < unit ? unit : (rows + unit - 1) / unit * unit;
    c.bands = (p->out_height + c.rows - 1) / c.rows;
    return c;
}

factors ser_block_make_factors(const convolution_plan *p, const float *gamma, const float *beta, float epsilon,
                               const float *mean, const float *variance) {
    int64_t step = p->out_step;
    factors f = {.floats = 7 * step};
    f.scale = ser_scratch(f.floats);
    clear_floats(f.scale, f.floats);
    f.shift = f.scale + step;
    f.sign = f.shift + step;
    f.mean = f.sign + step;
    f.inverse = f.mean + step;
    f.constant = f.inverse + step;
    f.slope = f.constant + step;
    for (int64_t o = 0; o < p->shape->out_channels; o++) {
        double inverse = 1 / sqrt((double)variance[o] + epsilon), scale = gamma[o] * inverse;
        f.scale[o] = (float)scale;
        f.shift[o] = (float)(beta[o] - mean[o] * scale);
        f.sign[o] = gamma[o] > 0 ? 1 : gamma[o] < 0 ? -1 : 0;
        f.mean[o] = mean[o];
        f.inverse[o] = (float)inverse;
    }
    return f;
}

void ser_block_use_factors(block_context *c, const factors *f) {
    c->scale = f->scale;
    c->shift = f->shift;
    c->sign = f->sign;
    c->mean = f->mean;
    c->constant = f->constant;
    c->slope = f->slope;
}

void ser_block_correlate(const block_context *c, band b, float *y) {
    const convolution_plan *p = c->plan;
    const ser_convolution_shape *s = p->shape;
    int64_t in_rows = padded_rows(p, b.rows), floats = input_floats(p, in_rows);
    float *padded = ser_scratch(floats);
    ser_convolution_fill_input(p, c->x + b.image * s->in_channels * s->height * s->width, valid_input(c, b.image),
                               b.first * s->stride_height, in_rows, padded);
    ser_convolution_correlate(p, padded, c->packed, b.rows, y);
    ser_scratch_free(padded, floats);
}

struct pool_arguments ser_block_pool_arguments(const block_context *c, band b, const float *y) {
    const ser_convolution_block *block = c->block;
    int64_t first = b.first / block->pool_height, row = c->pooled_width * c->step;
    float *winners = c->winners ? c->winners + (b.image * c->pooled_height + first) * row : NULL;
    return (struct pool_arguments){
        .channels = c->step,
        .window_height = block->pool_height,
        .window_width = block->pool_width,
        .rows = b.rows,
        .width = valid_output(c, b.image),
        .pooled_rows = b.rows / block->pool_height,
        .pooled_width = valid_pooled(c, b.image),
        .pooled_row = row,
        .y = y,
        .y_row = c->plan->out_row * c->step,
        .scale = c->scale,
        .shift = c->shift,
        .sign = c->sign,
        .relu = block->relu,
        .winners = winners,
        .constant = c->constant,
        .slope = c->slope,
        .moves = c->moves,
    };
}

void ser_block_clear_invalid(const struct pool_arguments *a, int64_t width, float *pooled) {
    if (a->pooled_width < width && pooled)
        for (int64_t r = 0; r < a->pooled_rows; r++)
            clear_floats(pooled + r * a->pooled_row + a->pooled_width * a->channels,
                         (width - a->pooled_width) * a->channels);
}

int64_t ser_block_pooled_offset(const block_context *c, band b) {
    int64_t channels = c->plan->shape->out_channels, plane = c->pooled_height * c->pooled_width;
    int64_t position = b.first / c->block->pool_height * c->pooled_width;
    return b.image * channels * plane + position * (c->block->pooled_channels_last ? channels : 1);
}

void ser_block_pool(const block_context *c, band b, const float *y) {
    const convolution_plan *p = c->plan;
    struct pool_arguments a = ser_block_pool_arguments(c, b, y);
    if (!a.pooled_rows) return;
    int64_t positions = a.pooled_rows * c->pooled_width, floats = positions * c->step;
    float *out = c->pooled + ser_block_pooled_offset(c, b);
    a.pooled = lies_as_scratch(c) ? out : ser_scratch(floats);
    p->kernels->pool(&a);
    ser_block_clear_invalid(&a, c->pooled_width, a.pooled);
    ser_block_clear_invalid(&a, c->pooled_width, a.winners);
    if (lies_as_scratch(c)) return;
    ser_positions_out(p, c->block->pooled_channels_last, a.pooled, c->step, p->shape->out_channels, positions, out,
                      c->pooled_height * c->pooled_width);
    ser_scratch_free(a.pooled, floats);
}
