// SPDX-License-Identifier: Apache-2.0

#include "block.h"
#include "direct.h"
#include "first.h"
#include "method.h"
#include "winograd.h"
#include "ser_parallel.h"

/// The gradient of a band's pooled rows, in scratch order and cleared past the valid columns; *floats is 0 where it is
/// the tensor itself.
static const float *pooled_gradient(const block_context *c, const struct pool_arguments *a, band b, int64_t *floats) {
    const convolution_plan *p = c->plan;
    const float *from = c->dpooled + ser_block_pooled_offset(c, b);
    *floats = 0;
    if (lies_as_scratch(c) && a->pooled_width == c->pooled_width) return from;
    int64_t positions = a->pooled_rows * c->pooled_width;
    if (!positions) return from;  // a band without a whole window
    *floats = positions * c->step;
    float *g = ser_scratch(*floats);
    ser_positions_in(p, c->block->pooled_channels_last, from, c->pooled_height * c->pooled_width,
                     p->shape->out_channels, positions, g, c->step);
    ser_block_clear_invalid(a, c->pooled_width, g);
    return g;
}

static void release_gradient(const float *g, int64_t floats) {
    if (floats) ser_scratch_free((float *)(uintptr_t)g, floats);
}

static void sums_piece(void *context, int64_t image) {
    const block_context *c = context;
    float *s = c->sums + image * 2 * c->step;
    clear_floats(s, 2 * c->step);
    band b = {.image = image, .first = 0, .rows = c->plan->out_height};
    struct pool_arguments a = ser_block_pool_arguments(c, b, NULL);
    if (!a.pooled_rows || !c->pooled_width) return;
    int64_t floats;
    const float *g = pooled_gradient(c, &a, b, &floats);
    c->plan->kernels->gated_sums(g, a.winners, a.pooled_rows * c->pooled_width, c->step, c->scale, c->shift, c->mean,
                                 c->block->relu, s, s + c->step);
    release_gradient(g, floats);
}

/// dgamma, dbeta, and with them the rest of dy = scale dz + constant + slope y.
static void join_sums(const block_context *c, factors *f, int frozen, float *dgamma, float *dbeta, float *dbias) {
    double count = (double)ser_convolution_block_count(c->block);
    for (int64_t o = 0; o < c->plan->shape->out_channels; o++) {
        double s1 = 0, s2 = 0;
        for (int64_t i = 0; i < c->plan->shape->batch; i++) {
            s1 += c->sums[i * 2 * c->step + o];
            s2 += c->sums[i * 2 * c->step + c->step + o];
        }
        double inverse = f->inverse[o], scale = f->scale[o];
        dbeta[o] = (float)s1;
        dgamma[o] = (float)(s2 * inverse);
        // With the batch's own statistics the mean takes a shift of all outputs away: the bias has no gradient.
        if (dbias) dbias[o] = frozen ? (float)(scale * s1) : 0;
        if (frozen || count <= 0) continue;
        double slope = -scale * s2 * inverse * inverse / count;
        f->slope[o] = (float)slope;
        f->constant[o] = (float)(-scale * s1 / count - slope * f->mean[o]);
    }
}

/// dy of a band, written from position (0, 0) of `dy` on; columns past the valid ones are left alone.
static void unpool_band(const block_context *c, band b, const float *y, float *dy, int64_t dy_row) {
    struct pool_arguments a = ser_block_pool_arguments(c, b, y);
    int64_t floats;
    const float *g = pooled_gradient(c, &a, b, &floats);
    a.g = g;
    a.dy = dy;
    a.dy_row = dy_row;
    c->plan->kernels->unpool(&a);
    release_gradient(g, floats);
}

/// One image without dx: band by band, nothing leaves the cache.
static void backward_bands(const block_context *c, int64_t image, float *partial) {
    const convolution_plan *p = c->plan;
    const ser_convolution_shape *s = p->shape;
    int64_t in_floats = input_floats(p, padded_rows(p, c->rows)), y_floats = output_floats(p, c->rows);
    float *padded = ser_scratch(in_floats), *y = ser_scratch(y_floats), *dy = ser_scratch(y_floats);
    clear_floats(dy, y_floats);  // the gaps between rows, and columns past the valid ones, stay zero
    for (int64_t i = 0; i < c->bands; i++) {
        band b = band_at(c, image * c->bands + i);
        ser_convolution_fill_input(p, c->x + image * s->in_channels * s->height * s->width, valid_input(c, image),
                                   b.first * s->stride_height, padded_rows(p, b.rows), padded);
        if (!c->saved) ser_convolution_correlate(p, padded, c->packed, b.rows, y);
        unpool_band(c, b, c->saved ? saved_band(c, b) : y, dy, p->out_row * c->step);
        ser_direct_accumulate(p, padded, dy, p->out_row, b.rows, partial);
    }
    ser_scratch_free(padded, in_floats);
    ser_scratch_free(y, y_floats);
    ser_scratch_free(dy, y_floats);
}

typedef struct {
    float *padded, *y, *dy, *compact, *dx;
} image_scratch;

/// One image with dx.
static void backward_image(const block_context *c, int64_t image, image_scratch m, float *partial) {
    const convolution_plan *p = c->plan;
    const ser_convolution_shape *s = p->shape;
    int64_t in_image = s->in_channels * s->height * s->width;
    band b = {.image = image, .first = 0, .rows = p->out_height};
    ser_convolution_fill_input(p, c->x + image * in_image, valid_input(c, image), 0, p->padded_height, m.padded);
    if (!c->saved) ser_convolution_correlate(p, m.padded, c->packed, b.rows, m.y);
    int64_t dy_row = p->shared ? p->dy_row : p->out_row;
    float *dy = p->shared ? m.dy + (p->dy_top * p->dy_row + p->dy_left) * c->step : m.compact;
    if (c->block->out_widths)  // the image before may have been longer
        for (int64_t h = 0; h < p->out_height; h++) clear_floats(dy + h * dy_row * c->step, p->out_width * c->step);
    unpool_band(c, b, c->saved ? saved_band(c, b) : m.y, dy, dy_row * c->step);
    ser_direct_accumulate(p, m.padded, dy, dy_row, b.rows, partial);
    if (!p->shared) ser_direct_stretch(p, m.compact, p->out_row, m.dy);
    ser_direct_correlate_dx(p, m.dy, c->dx_packed, valid_input(c, image), m.dx, c->dx + image * in_image);
}

/// See winograd_images.
static void write_winograd_dy(const void *context, int64_t image, float *dy) {
    const block_context *c = context;
    const convolution_plan *p = c->plan;
    band b = {.image = image, .first = 0, .rows = p->out_height};
    if (c->block->out_widths) clear_floats(dy, winograd_dy_floats(p));  // the image before may have been longer
    unpool_band(c, b, saved_band(c, b), dy, p->row * c->step);
}

static void backward_task(void *context, int64_t task) {
    const block_context *c = context;
    const convolution_plan *p = c->plan;
    int64_t first = task * c->images, end = smaller(first + c->images, p->shape->batch);
    float *partial = c->partials + task * partial_floats(p);
    if (p->winograd) {
        winograd_images images = {
            .x = c->x,
            .in_widths = c->block->in_widths,
            .packed = c->dx_packed,
            .dx = c->dx,
            .write_dy = write_winograd_dy,
            .context = c,
        };
        ser_winograd_backward(p, &images, first, end, partial);
        return;
    }
    clear_floats(partial, partial_floats(p));
    if (!c->dx) {
        for (int64_t image = first; image < end; image++) backward_bands(c, image, partial);
        return;
    }
    int64_t in_floats = input_floats(p, p->padded_height), y_floats = output_floats(p, p->out_height);
    image_scratch m = {
        .padded = ser_scratch(in_floats),
        .y = c->saved ? NULL : ser_scratch(y_floats),
        .dy = ser_scratch(dy_floats(p)),
        .compact = p->shared ? NULL : ser_scratch(y_floats),
        .dx = ser_scratch(dx_floats(p)),
    };
    clear_floats(m.dy, dy_floats(p));
    if (m.compact) clear_floats(m.compact, y_floats);
    for (int64_t image = first; image < end; image++) backward_image(c, image, m, partial);
    ser_scratch_free(m.padded, in_floats);
    if (m.y) ser_scratch_free(m.y, y_floats);
    ser_scratch_free(m.dy, dy_floats(p));
    if (m.compact) ser_scratch_free(m.compact, y_floats);
    ser_scratch_free(m.dx, dx_floats(p));
}

void ser_convolution_block_backward(const ser_convolution_block *block, const float *x, const float *w,
                                    const float *bias, const float *gamma, const float *beta, float epsilon,
                                    const float *mean, const float *variance, int32_t frozen, const float *saved_output,
                                    const float *saved_winners, const float *dpooled, float *dx, float *dw,
                                    float *dbias, float *dgamma, float *dbeta) {
    if (ser_convolution_is_first(block)) {
        ser_convolution_first_backward(block, x, w, bias, gamma, beta, epsilon, mean, variance, frozen, saved_winners,
                                       dpooled, dw, dbias, dgamma, dbeta);
        return;
    }
    convolution_plan p = ser_convolution_plan_make(&block->convolution);
    block_context c = ser_block_begin(block, &p, x);
    factors f = ser_block_make_factors(&p, gamma, beta, epsilon, mean, variance);
    ser_block_use_factors(&c, &f);
    c.saved = computed_again(&p) ? NULL : (float *)(uintptr_t)saved_output;
    c.winners = (float *)(uintptr_t)saved_winners;
    c.dpooled = dpooled;
    c.moves = !frozen;
    c.sums = ser_scratch(p.shape->batch * 2 * c.step);
    ser_parallel_for(p.shape->batch, sums_piece, &c);
    join_sums(&c, &f, frozen, dgamma, dbeta, dbias);
    ser_scratch_free(c.sums, p.shape->batch * 2 * c.step);

    float *packed = c.saved ? NULL : ser_scratch(ser_convolution_packed_floats(&p));
    if (packed) ser_convolution_pack(&p, w, bias, packed);
    float *dx_packed = dx ? ser_scratch(ser_convolution_dx_packed_floats(&p)) : NULL;
    if (dx_packed) ser_convolution_pack_for_dx(&p, w, dx_packed);
    c.packed = packed;
    c.dx_packed = dx_packed;
    c.dx = dx;
    c.images = images_per_task(&p);
    int64_t tasks = (p.shape->batch + c.images - 1) / c.images;
    c.partials = ser_scratch(tasks * partial_floats(&p));
    ser_parallel_for(tasks, backward_task, &c);
    ser_convolution_reduce(&p, c.partials, tasks, dw);
    ser_scratch_free(c.partials, tasks * partial_floats(&p));
    if (packed) ser_scratch_free(packed, ser_convolution_packed_floats(&p));
    if (dx_packed) ser_scratch_free(dx_packed, ser_convolution_dx_packed_floats(&p));
    ser_scratch_free(f.scale, f.floats);
}
