#include "convolution_plan.h"
#include "convolution_winograd.h"
#include "ser_parallel.h"
#include <stdatomic.h>
#include <string.h>

static _Atomic(const convolution_kernels *) best;
static _Thread_local const convolution_kernels *asked_for;  // of this thread, so that tests do not disturb each other

static const convolution_kernels *best_table(int32_t most, int32_t *set) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (most >= 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        *set = 2;
        return &convolution_avx512;
    }
    if (most >= 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        *set = 1;
        return &convolution_avx2;
    }
#endif
    *set = 0;
    return &convolution_plain;
}

const convolution_kernels *convolution_table(void) {
    if (asked_for) return asked_for;
    const convolution_kernels *t = atomic_load_explicit(&best, memory_order_acquire);
    if (t) return t;
    int32_t set;
    t = best_table(2, &set);
    atomic_store_explicit(&best, t, memory_order_release);
    return t;
}

int32_t ser_convolution_use_instructions(int32_t most) {
    int32_t set;
    asked_for = best_table(most, &set);
    return set;
}

/// Rows of output that one piece of a forward pass takes: enough pieces for a single image, outputs that fit the cache.
static int64_t band_rows(const convolution_plan *p) {
    int64_t pieces = (8 + p->shape->batch - 1) / p->shape->batch;
    int64_t fit = 64 * 1024 / (p->out_row * p->out_step) + 1;
    int64_t rows = (p->out_height + pieces - 1) / pieces;
    if (rows > fit) rows = fit;
    return (rows + row_unit(p) - 1) / row_unit(p) * row_unit(p);
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
    int64_t rows = first + c->rows <= p->out_height ? c->rows : p->out_height - first;
    int64_t in_rows = padded_rows(p, rows);
    int64_t in_floats = input_floats(p, in_rows), out_floats = output_floats(p, rows);
    float *padded = convolution_scratch(in_floats), *out = convolution_scratch(out_floats);
    fill_input(p, c->x + image * s->in_channels * s->height * s->width, c->in_widths ? c->in_widths[image] : s->width,
               first * s->stride_height, in_rows, padded);
    correlate_rows(p, padded, c->packed, rows, out);
    int64_t plane = p->out_height * p->out_width;
    float *y = c->y + image * s->out_channels * plane;
    for (int64_t r = 0; r < rows; r++)
        positions_out(p, s->channels_last, out + r * p->out_row * p->out_step, p->out_step, s->out_channels, p->out_width,
                      y + (first + r) * p->out_width * (s->channels_last ? s->out_channels : 1), plane);
    convolution_release(padded, in_floats);
    convolution_release(out, out_floats);
}

void ser_convolution_forward(
    const ser_convolution_shape *shape, const float *x, const float *w, const float *bias, const int32_t *in_widths, float *y
) {
    convolution_plan p = convolution_plan_make(shape);
    float *packed = convolution_scratch(packed_floats(&p));
    pack_weights(&p, w, bias, packed);
    forward_context c = { .plan = &p, .x = x, .packed = packed, .in_widths = in_widths, .y = y, .rows = band_rows(&p) };
    c.bands = (p.out_height + c.rows - 1) / c.rows;
    ser_parallel_for(shape->batch * c.bands, forward_piece, &c);
    convolution_release(packed, packed_floats(&p));
}

// MARK: backward

typedef struct {
    const convolution_plan *plan;
    const float *x, *packed, *dy;
    const int32_t *in_widths;
    float *dx, *partials, *bias_sums;
    int64_t images;
} backward_context;

/// dy of one image, compact: [positions][out_step]; and stretched by the stride into the layout for dx.
static void stretch(const convolution_plan *p, const float *compact, float *dy) {
    const ser_convolution_shape *s = p->shape;
    memset(dy, 0, (size_t)dy_floats(p) * sizeof(float));
    for (int64_t h = 0; h < p->out_height; h++) {
        int64_t row = h * s->stride_height + p->dy_top;
        if (row < 0 || row >= p->dy_height) continue;
        for (int64_t w = 0; w < p->out_width; w++) {
            int64_t column = w * s->stride_width + p->dy_left;
            if (column < 0 || column >= s->width + p->span_width) continue;
            memcpy(dy + (row * p->dy_row + column) * p->out_step, compact + (h * p->out_width + w) * p->out_step,
                   (size_t)p->out_step * sizeof(float));
        }
    }
}

static void backward_image(
    const backward_context *c, int64_t image, float *padded, float *compact, float *dy, float *dx_scratch,
    float *partial, float *bias_sum
) {
    const convolution_plan *p = c->plan;
    const ser_convolution_shape *s = p->shape;
    int64_t plane = p->out_height * p->out_width, in_image = s->in_channels * s->height * s->width;
    int64_t valid = c->in_widths ? c->in_widths[image] : s->width;
    positions_in(p, s->channels_last, c->dy + image * s->out_channels * plane, plane, s->out_channels, plane, compact, p->out_step);
    if (bias_sum) p->kernels->sums(compact, plane, p->out_step, bias_sum);
    if (partial) {
        fill_input(p, c->x + image * in_image, valid, 0, p->padded_height, padded);
        accumulate_rows(p, padded, compact, p->out_width, p->out_height, partial);
    }
    if (c->dx) {
        stretch(p, compact, dy);
        correlate_dx(p, dy, c->packed, valid, dx_scratch, c->dx + image * in_image);
    }
}

/// Images first..<end with Winograd's transforms.
static void backward_winograd(const backward_context *c, int64_t first, int64_t end, float *partial) {
    const convolution_plan *p = c->plan;
    const ser_convolution_shape *s = p->shape;
    winograd_task t = winograd_begin(p, c->dx ? c->packed : NULL, end - first);
    int64_t in_image = s->in_channels * s->height * s->width, plane = p->out_height * p->out_width;
    int64_t in_floats = input_floats(p, p->padded_height), dy_size = t.tile_rows * 4 * p->row * p->out_step;
    float *padded = convolution_scratch(in_floats), *dy = convolution_scratch(dy_size);
    memset(dy, 0, (size_t)dy_size * sizeof(float));
    for (int64_t from = first; from < end; from += t.group) {
        int64_t images = from + t.group < end ? t.group : end - from;
        for (int64_t i = 0; i < images; i++) {
            int64_t image = from + i;
            float *bias_sum = c->bias_sums ? c->bias_sums + image * p->out_step : NULL;
            if (bias_sum) memset(bias_sum, 0, (size_t)p->out_step * sizeof(float));
            fill_input(p, c->x + image * in_image, c->in_widths ? c->in_widths[image] : s->width, 0, p->padded_height, padded);
            for (int64_t h = 0; h < p->out_height; h++) {
                float *row = dy + h * p->row * p->out_step;
                positions_in(p, s->channels_last, c->dy + image * s->out_channels * plane
                    + h * p->out_width * (s->channels_last ? s->out_channels : 1), plane, s->out_channels, p->out_width,
                    row, p->out_step);
                if (bias_sum) p->kernels->sums(row, p->out_width, p->out_step, bias_sum);
            }
            winograd_take(&t, i, padded, dy);
        }
        winograd_products(&t, images);
        for (int64_t i = 0; c->dx && i < images; i++) {
            int64_t image = from + i;
            winograd_give(&t, i, padded);
            give_dx(p, padded + (s->pad_top * p->row + s->pad_left) * p->dx_step, p->row,
                    c->in_widths ? c->in_widths[image] : s->width, c->dx + image * in_image);
        }
    }
    winograd_end(&t, partial);
    convolution_release(padded, in_floats);
    convolution_release(dy, dy_size);
}

static void backward_task(void *context, int64_t task) {
    const backward_context *c = context;
    const convolution_plan *p = c->plan;
    int64_t first = task * c->images, end = first + c->images < p->shape->batch ? first + c->images : p->shape->batch;
    if (p->winograd) {
        backward_winograd(c, first, end, c->partials + task * partial_floats(p));
        return;
    }
    int64_t in_floats = input_floats(p, p->padded_height);
    int64_t compact_floats = (p->out_height * p->out_width) * p->out_step + MOST_PANEL;
    float *padded = convolution_scratch(in_floats), *compact = convolution_scratch(compact_floats);
    float *dy = c->dx ? convolution_scratch(dy_floats(p)) : NULL, *dx = c->dx ? convolution_scratch(dx_floats(p)) : NULL;
    float *partial = c->partials ? c->partials + task * partial_floats(p) : NULL;
    memset(compact + compact_floats - MOST_PANEL, 0, MOST_PANEL * sizeof(float));
    if (partial) memset(partial, 0, (size_t)partial_floats(p) * sizeof(float));
    for (int64_t image = first; image < end; image++) {
        float *bias_sum = c->bias_sums ? c->bias_sums + image * p->out_step : NULL;
        if (bias_sum) memset(bias_sum, 0, (size_t)p->out_step * sizeof(float));
        backward_image(c, image, padded, compact, dy, dx, partial, bias_sum);
    }
    convolution_release(padded, in_floats);
    convolution_release(compact, compact_floats);
    if (dy) convolution_release(dy, dy_floats(p));
    if (dx) convolution_release(dx, dx_floats(p));
}

void ser_convolution_backward(
    const ser_convolution_shape *shape, const float *x, const float *w, const int32_t *in_widths, const float *dy,
    float *dx, float *dw, float *dbias
) {
    convolution_plan p = convolution_plan_make(shape);
    backward_context c = { .plan = &p, .x = x, .dy = dy, .in_widths = in_widths, .dx = dx, .images = images_per_task(&p) };
    int64_t tasks = (shape->batch + c.images - 1) / c.images;
    float *packed = NULL;
    if (dx) {
        packed = convolution_scratch(dx_packed_floats(&p));
        pack_weights_for_dx(&p, w, packed);
        c.packed = packed;
    }
    int sums = dw || p.winograd;  // Winograd's tasks make them along the way
    if (sums) c.partials = convolution_scratch(tasks * partial_floats(&p));
    if (dbias) c.bias_sums = convolution_scratch(shape->batch * p.out_step);
    ser_parallel_for(tasks, backward_task, &c);
    if (dw) reduce_partials(&p, c.partials, tasks, dw);
    if (sums) convolution_release(c.partials, tasks * partial_floats(&p));
    if (dbias) {
        for (int64_t o = 0; o < shape->out_channels; o++) {
            double sum = 0;
            for (int64_t b = 0; b < shape->batch; b++) sum += c.bias_sums[b * p.out_step + o];
            dbias[o] = (float)sum;
        }
        convolution_release(c.bias_sums, shape->batch * p.out_step);
    }
    if (packed) convolution_release(packed, dx_packed_floats(&p));
}
