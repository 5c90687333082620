// SPDX-License-Identifier: Apache-2.0

#include "block.h"
#include "first.h"
#include "method.h"
#include "ser_parallel.h"

int64_t ser_convolution_block_saved_output(const ser_convolution_block *block) {
    if (ser_convolution_is_first(block)) return 0;
    convolution_plan p = ser_convolution_plan_make(&block->convolution);
    return computed_again(&p) ? 0 : block->convolution.batch * image_floats(&p);
}

int64_t ser_convolution_block_saved_winners(const ser_convolution_block *block) {
    if (ser_convolution_is_first(block)) return ser_convolution_first_saved(block);
    convolution_plan p = ser_convolution_plan_make(&block->convolution);
    int64_t pooled = p.out_height / block->pool_height * (p.out_width / block->pool_width);
    return block->convolution.batch * pooled * p.out_step;
}

// MARK: pieces

static void moments_piece(void *context, int64_t index) {
    const block_context *c = context;
    const convolution_plan *p = c->plan;
    band b = band_at(c, index);
    int64_t floats = output_floats(p, b.rows);
    float *y = c->saved ? saved_band(c, b) : ser_scratch(floats), *m = c->moments + index * 2 * c->step;
    ser_block_correlate(c, b, y);
    if (valid_output(c, b.image) > 0)
        p->kernels->moments(y, p->out_row * c->step, b.rows, valid_output(c, b.image), c->step, m, m + c->step);
    if (!c->saved) ser_scratch_free(y, floats);
}

static void pool_piece(void *context, int64_t index) {
    const block_context *c = context;
    band b = band_at(c, index);
    if (c->saved) {
        ser_block_pool(c, b, saved_band(c, b));
        return;
    }
    int64_t floats = output_floats(c->plan, b.rows);
    float *y = ser_scratch(floats);
    ser_block_correlate(c, b, y);
    ser_block_pool(c, b, y);
    ser_scratch_free(y, floats);
}

static void correlate_and_pool_piece(void *context, int64_t index) {
    const block_context *c = context;
    band b = band_at(c, index);
    ser_block_correlate(c, b, saved_band(c, b));
    ser_block_pool(c, b, saved_band(c, b));
}

/// Joins the pieces' moments, in order (Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983).
static void join_moments(const block_context *c, float *mean, float *variance) {
    int64_t pieces = c->plan->shape->batch * c->bands;
    for (int64_t o = 0; o < c->plan->shape->out_channels; o++) {
        double count = 0, m = 0, squares = 0;
        for (int64_t i = 0; i < pieces; i++) {
            band b = band_at(c, i);
            double n = (double)(b.rows * valid_output(c, b.image));
            if (n <= 0) continue;
            const float *piece = c->moments + i * 2 * c->step;
            double d = piece[o] - m, total = count + n;
            m += d * n / total;
            squares += piece[c->step + o] + d * d * count * n / total;
            count = total;
        }
        mean[o] = (float)m;
        variance[o] = count > 0 ? (float)(squares / count) : 0;
    }
}

// MARK: forward

void ser_convolution_block_train(const ser_convolution_block *block, const float *x, const float *w, const float *bias,
                                 const float *gamma, const float *beta, float epsilon, float *mean, float *variance,
                                 float *saved_output, float *saved_winners, float *pooled) {
    if (ser_convolution_is_first(block)) {
        ser_convolution_first_forward(block, x, w, bias, gamma, beta, epsilon, mean, variance, 0, saved_winners,
                                      pooled);
        return;
    }
    convolution_plan p = ser_convolution_plan_make(&block->convolution);
    block_context c = ser_block_begin(block, &p, x);
    int64_t pieces = p.shape->batch * c.bands, moments = pieces * 2 * c.step;
    float *packed = ser_scratch(ser_convolution_packed_floats(&p));
    ser_convolution_pack(&p, w, bias, packed);
    c.packed = packed;
    c.saved = computed_again(&p) ? NULL : saved_output;
    c.moments = ser_scratch(moments);
    ser_parallel_for(pieces, moments_piece, &c);
    join_moments(&c, mean, variance);
    ser_scratch_free(c.moments, moments);
    factors f = ser_block_make_factors(&p, gamma, beta, epsilon, mean, variance);
    ser_block_use_factors(&c, &f);
    c.winners = saved_winners;
    c.pooled = pooled;
    ser_parallel_for(pieces, pool_piece, &c);
    ser_scratch_free(f.scale, f.floats);
    ser_scratch_free(packed, ser_convolution_packed_floats(&p));
}

// MARK: few images

enum { FEW_IMAGES = 2, BAND_TILES = 32 };

/// Weights of one layer and what normalises it, for pieces that each take one panel of output channels. Where they are
/// not packed (`context->packed` is NULL), `w` and `bias` are what to pack.
typedef struct {
    const block_context *context;
    const float *w, *bias;
    int64_t rows, bands;
} panel_context;

/// One panel of channels of one band: packs its own weights, which for a single image is a good part of the work.
static void panel_piece(void *context, int64_t index) {
    const panel_context *q = context;
    const convolution_plan *p = q->context->plan;
    int64_t panel = p->kernels->panel, first = index % p->panels * panel, n = smaller(panel, p->out_channels - first);
    ser_convolution_shape shape = *p->shape;
    convolution_plan part = *p;
    shape.out_channels = part.out_channels = n;
    part.shape = &shape;
    part.out_step = smaller(panel, p->out_step - first);
    part.panels = 1;
    block_context c = *q->context;
    float *packed = c.packed ? NULL : ser_scratch(ser_convolution_packed_floats(&part));
    if (packed)
        ser_convolution_pack(&part, q->w + first * 9 * p->in_channels, q->bias ? q->bias + first : NULL, packed);
    c.packed = packed ? packed : c.packed + index % p->panels * ser_convolution_packed_floats(&part);
    c.plan = &part;
    c.step = part.out_step;
    c.scale += first;
    c.shift += first;
    c.sign += first;
    int64_t place = index / p->panels % q->bands * q->rows;
    band b = {.image = index / p->panels / q->bands, .first = place, .rows = smaller(q->rows, p->out_height - place)};
    int64_t y_floats = output_floats(&part, b.rows);
    float *y = ser_scratch(y_floats);
    ser_block_correlate(&c, b, y);
    if (packed) ser_scratch_free(packed, ser_convolution_packed_floats(&part));

    struct pool_arguments a = ser_block_pool_arguments(&c, b, y);
    int64_t positions = a.pooled_rows * c.pooled_width, plane = c.pooled_height * c.pooled_width;
    int64_t channels = p->out_channels;
    float *pooled = ser_scratch(positions * c.step);
    a.pooled = pooled;
    part.kernels->pool(&a);
    ser_block_clear_invalid(&a, c.pooled_width, pooled);
    int64_t start = b.first / c.block->pool_height * c.pooled_width;
    float *out = c.pooled + b.image * channels * plane;
    if (!c.block->pooled_channels_last)
        ser_positions_out(&part, 0, pooled, c.step, n, positions, out + first * plane + start, plane);
    else
        for (int64_t i = 0; i < positions; i++)
            memcpy(out + (start + i) * channels + first, pooled + i * c.step, bytes_of(n));
    ser_scratch_free(pooled, positions * c.step);
    ser_scratch_free(y, y_floats);
}

static void apply_by_panels(const block_context *c, const float *w, const float *bias) {
    const convolution_plan *p = c->plan;
    int64_t columns = (p->out_width + 3) / 4, unit = c->block->pool_height;
    while (unit % row_unit(p)) unit += c->block->pool_height;
    int64_t rows = (BAND_TILES + columns - 1) / columns * 4;
    panel_context q = {.context = c, .w = w, .bias = bias, .rows = (rows + unit - 1) / unit * unit};
    q.bands = (p->out_height + q.rows - 1) / q.rows;
    ser_parallel_for(p->shape->batch * q.bands * p->panels, panel_piece, &q);
}

int64_t ser_convolution_block_packed_size(const ser_convolution_block *block) {
    if (ser_convolution_is_first(block)) return 0;
    convolution_plan p = ser_convolution_plan_make(&block->convolution);
    return ser_convolution_packed_floats(&p);
}

void ser_convolution_block_pack(const ser_convolution_block *block, const float *w, const float *bias, float *packed) {
    convolution_plan p = ser_convolution_plan_make(&block->convolution);
    ser_convolution_pack(&p, w, bias, packed);
}

void ser_convolution_block_apply(const ser_convolution_block *block, const float *x, const float *w, const float *bias,
                                 const float *gamma, const float *beta, float epsilon, const float *mean,
                                 const float *variance, const float *packed, float *saved_output, float *saved_winners,
                                 float *pooled) {
    if (ser_convolution_is_first(block)) {
        ser_convolution_first_forward(block, x, w, bias, gamma, beta, epsilon, (float *)(uintptr_t)mean,
                                      (float *)(uintptr_t)variance, 1, saved_winners, pooled);
        return;
    }
    convolution_plan p = ser_convolution_plan_make(&block->convolution);
    block_context c = ser_block_begin(block, &p, x);
    factors f = ser_block_make_factors(&p, gamma, beta, epsilon, mean, variance);
    ser_block_use_factors(&c, &f);
    c.pooled = pooled;
    c.packed = packed;
    if (p.winograd && !saved_winners && p.shape->batch <= FEW_IMAGES) {
        apply_by_panels(&c, w, bias);
        ser_scratch_free(f.scale, f.floats);
        return;
    }
    float *own = packed ? NULL : ser_scratch(ser_convolution_packed_floats(&p));
    if (own) ser_convolution_pack(&p, w, bias, own);
    c.packed = packed ? packed : own;
    c.saved = saved_winners && !computed_again(&p) ? saved_output : NULL;
    c.winners = saved_winners;
    ser_parallel_for(p.shape->batch * c.bands, c.saved ? correlate_and_pool_piece : pool_piece, &c);
    ser_scratch_free(f.scale, f.floats);
    if (own) ser_scratch_free(own, ser_convolution_packed_floats(&p));
}
