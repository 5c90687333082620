// SPDX-License-Identifier: Apache-2.0

#include "direct.h"
#include "method.h"
#include "winograd.h"
#include "../runtime/scratch.h"
#include "ser_parallel.h"

/// Rows of output that one piece of a forward pass takes: enough pieces for a single image, outputs that fit the cache.
static int64_t band_rows(const convolution_plan *p) {
    int64_t pieces = (8 + p->shape->batch - 1) / p->shape->batch;
    int64_t fit = 64 * 1024 / (p->out_row * p->out_step) + 1;
    int64_t rows = (p->out_height + pieces - 1) / pieces;
    if (rows > fit) rows = fit;
    return round_up(rows, row_unit(p));
}

// MARK: forward

typedef struct {
    const convolution_plan *plan;
    const float *x, *packed;
    const int32_t *in_widths;
    float *y;
    int64_t rows, bands;
} forward_context;

static void forward_piece(void *context, int64_t index) {
    const forward_context *c = context;
    const convolution_plan *p = c->plan;
    const ser_convolution_shape *s = p->shape;
    int64_t image = index / c->bands, first = index % c->bands * c->rows;
    int64_t rows = smaller(c->rows, p->out_height - first);
    int64_t in_rows = padded_rows(p, rows);
    int64_t in_floats = input_floats(p, in_rows), out_floats = output_floats(p, rows);
    float *padded = ser_scratch(in_floats), *out = ser_scratch(out_floats);
    ser_convolution_fill_input(p, c->x + image * s->in_channels * s->height * s->width,
                               c->in_widths ? c->in_widths[image] : s->width, first * s->stride_height, in_rows,
                               padded);
    ser_convolution_correlate(p, padded, c->packed, rows, out);
    int64_t plane = p->out_height * p->out_width;
    float *y = c->y + image * s->out_channels * plane;
    for (int64_t r = 0; r < rows; r++)
        ser_positions_out(p, s->channels_last, out + r * p->out_row * p->out_step, p->out_step, s->out_channels,
                          p->out_width, y + (first + r) * p->out_width * (s->channels_last ? s->out_channels : 1),
                          plane);
    ser_scratch_free(padded, in_floats);
    ser_scratch_free(out, out_floats);
}

void ser_convolution_forward(const ser_convolution_shape *shape, const float *x, const float *w, const float *bias,
                             const int32_t *in_widths, float *y) {
    convolution_plan p = ser_convolution_plan_make(shape);
    float *packed = ser_scratch(ser_convolution_packed_floats(&p));
    ser_convolution_pack(&p, w, bias, packed);
    forward_context c = {.plan = &p, .x = x, .packed = packed, .in_widths = in_widths, .y = y, .rows = band_rows(&p)};
    c.bands = (p.out_height + c.rows - 1) / c.rows;
    ser_parallel_for(shape->batch * c.bands, forward_piece, &c);
    ser_scratch_free(packed, ser_convolution_packed_floats(&p));
}

// MARK: backward

typedef struct {
    const convolution_plan *plan;
    const float *x, *packed, *dy;
    const int32_t *in_widths;
    float *dx, *partials, *bias_sums;
    int64_t images;
} backward_context;

static void backward_image(const backward_context *c, int64_t image, float *padded, float *compact, float *dy,
                           float *dx_scratch, float *partial, float *bias_sum) {
    const convolution_plan *p = c->plan;
    const ser_convolution_shape *s = p->shape;
    int64_t plane = p->out_height * p->out_width, in_image = s->in_channels * s->height * s->width;
    int64_t valid = c->in_widths ? c->in_widths[image] : s->width;
    ser_positions_in(p, s->channels_last, c->dy + image * s->out_channels * plane, plane, s->out_channels, plane,
                     compact, p->out_step);
    if (bias_sum) p->kernels->sums(compact, plane, p->out_step, bias_sum);
    if (partial) {
        ser_convolution_fill_input(p, c->x + image * in_image, valid, 0, p->padded_height, padded);
        ser_direct_accumulate(p, padded, compact, p->out_width, p->out_height, partial);
    }
    if (c->dx) {
        clear_floats(dy, dy_floats(p));
        ser_direct_stretch(p, compact, p->out_width, dy);
        ser_direct_correlate_dx(p, dy, c->packed, valid, dx_scratch, c->dx + image * in_image);
    }
}

/// See winograd_images; sums dy for the bias along the way.
static void write_winograd_dy(const void *context, int64_t image, float *dy) {
    const backward_context *c = context;
    const convolution_plan *p = c->plan;
    int last = p->shape->channels_last;
    int64_t channels = p->shape->out_channels, plane = p->out_height * p->out_width;
    const float *from = c->dy + image * channels * plane;
    float *bias_sum = c->bias_sums ? c->bias_sums + image * p->out_step : NULL;
    if (bias_sum) clear_floats(bias_sum, p->out_step);
    for (int64_t h = 0; h < p->out_height; h++) {
        float *row = dy + h * p->row * p->out_step;
        ser_positions_in(p, last, from + h * p->out_width * (last ? channels : 1), plane, channels, p->out_width, row,
                         p->out_step);
        if (bias_sum) p->kernels->sums(row, p->out_width, p->out_step, bias_sum);
    }
}

static void backward_task(void *context, int64_t task) {
    const backward_context *c = context;
    const convolution_plan *p = c->plan;
    int64_t first = task * c->images, end = smaller(first + c->images, p->shape->batch);
    if (p->winograd) {
        winograd_images images = {
            .x = c->x,
            .in_widths = c->in_widths,
            .packed = c->packed,
            .dx = c->dx,
            .write_dy = write_winograd_dy,
            .context = c,
        };
        ser_winograd_backward(p, &images, first, end, c->partials + task * partial_floats(p));
        return;
    }
    int64_t in_floats = input_floats(p, p->padded_height);
    int64_t compact_floats = (p->out_height * p->out_width) * p->out_step + MOST_PANEL;
    float *padded = ser_scratch(in_floats), *compact = ser_scratch(compact_floats);
    float *dy = c->dx ? ser_scratch(dy_floats(p)) : NULL, *dx = c->dx ? ser_scratch(dx_floats(p)) : NULL;
    float *partial = c->partials ? c->partials + task * partial_floats(p) : NULL;
    clear_floats(compact + compact_floats - MOST_PANEL, MOST_PANEL);
    if (partial) clear_floats(partial, partial_floats(p));
    for (int64_t image = first; image < end; image++) {
        float *bias_sum = c->bias_sums ? c->bias_sums + image * p->out_step : NULL;
        if (bias_sum) clear_floats(bias_sum, p->out_step);
        backward_image(c, image, padded, compact, dy, dx, partial, bias_sum);
    }
    ser_scratch_free(padded, in_floats);
    ser_scratch_free(compact, compact_floats);
    if (dy) ser_scratch_free(dy, dy_floats(p));
    if (dx) ser_scratch_free(dx, dx_floats(p));
}

void ser_convolution_backward(const ser_convolution_shape *shape, const float *x, const float *w,
                              const int32_t *in_widths, const float *dy, float *dx, float *dw, float *dbias) {
    convolution_plan p = ser_convolution_plan_make(shape);
    backward_context c = {.plan = &p, .x = x, .dy = dy, .in_widths = in_widths, .dx = dx};
    c.images = images_per_task(&p);
    int64_t tasks = (shape->batch + c.images - 1) / c.images;
    float *packed = NULL;
    if (dx) {
        packed = ser_scratch(ser_convolution_dx_packed_floats(&p));
        ser_convolution_pack_for_dx(&p, w, packed);
        c.packed = packed;
    }
    int sums = dw || p.winograd;  // Winograd's tasks make them along the way
    if (sums) c.partials = ser_scratch(tasks * partial_floats(&p));
    if (dbias) c.bias_sums = ser_scratch(shape->batch * p.out_step);
    ser_parallel_for(tasks, backward_task, &c);
    if (dw) ser_convolution_reduce(&p, c.partials, tasks, dw);
    if (sums) ser_scratch_free(c.partials, tasks * partial_floats(&p));
    if (dbias) {
        for (int64_t o = 0; o < shape->out_channels; o++) {
            double sum = 0;
            for (int64_t b = 0; b < shape->batch; b++) sum += c.bias_sums[b * p.out_step + o];
            dbias[o] = (float)sum;
        }
        ser_scratch_free(c.bias_sums, shape->batch * p.out_step);
    }
    if (packed) ser_scratch_free(packed, ser_convolution_dx_packed_floats(&p));
}
