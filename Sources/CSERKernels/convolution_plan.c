#include "convolution_plan.h"
#include "convolution_winograd.h"
#include "ser_memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t round_up(int64_t a, int64_t step) { return (a + step - 1) / step * step; }

int64_t ser_convolution_out_height(const ser_convolution_shape *s) {
    return (s->height + s->pad_top + s->pad_bottom - s->dilation_height * (s->kernel_height - 1) - 1) / s->stride_height + 1;
}

int64_t ser_convolution_out_width(const ser_convolution_shape *s) {
    return (s->width + s->pad_left + s->pad_right - s->dilation_width * (s->kernel_width - 1) - 1) / s->stride_width + 1;
}

/// The least row length for which rows of `width` values at `left` (cropped where negative) in windows of `length` share
/// nothing but zeros with their neighbours, and `outputs` results a row have room.
static int64_t shared_row(int64_t left, int64_t width, int64_t length, int64_t outputs) {
    int64_t end = smaller(left + width, length);
    return larger(larger(end, length - larger(left, 0)), outputs);
}

/// Whether tiles of 4 x 4 outputs pay: enough channels, and not too much of the tiles outside the image.
static int suits_winograd(const ser_convolution_shape *s, int64_t out_height, int64_t out_width) {
    int64_t area = out_height * out_width, covered = (out_height + 3) / 4 * ((out_width + 3) / 4) * 16;
    return s->kernel_height == 3 && s->kernel_width == 3 && s->stride_height == 1 && s->stride_width == 1
        && s->dilation_height == 1 && s->dilation_width == 1 && s->groups == 1
        && s->in_channels >= 16 && s->in_channels % CHANNEL_STEP == 0 && s->out_channels >= 16 && area * 2 >= covered;
}

convolution_plan convolution_plan_make(const ser_convolution_shape *s) {
    convolution_plan p = { .shape = s, .kernels = convolution_table() };
    p.out_height = ser_convolution_out_height(s);
    p.out_width = ser_convolution_out_width(s);
    p.taps = s->kernel_height * s->kernel_width;
    p.span_height = s->dilation_height * (s->kernel_height - 1);
    p.span_width = s->dilation_width * (s->kernel_width - 1);
    p.in_channels = s->in_channels / s->groups;
    p.out_channels = s->out_channels / s->groups;
    p.in_step = s->in_channels;
    p.out_step = round_up(s->out_channels, CHANNEL_STEP);
    p.dx_step = round_up(s->in_channels, CHANNEL_STEP);
    int64_t stretched_width = (p.out_width - 1) * s->stride_width + 1;
    p.dy_top = p.span_height - s->pad_top;
    p.dy_left = p.span_width - s->pad_left;
    p.dy_height = s->height + p.span_height;
    p.dy_row = shared_row(p.dy_left, stretched_width, s->width + p.span_width, s->width);
    p.row = shared_row(s->pad_left, s->width, larger(stretched_width + p.span_width, s->pad_left + s->width), stretched_width);
    int unit = s->stride_height == 1 && s->stride_width == 1;
    if (unit) p.row = p.dy_row = larger(p.row, p.dy_row);
    p.shared = unit && p.dy_top >= 0 && p.dy_left >= 0 && p.dy_top + p.out_height <= p.dy_height
        && p.dy_left + p.out_width <= p.dy_row;
    p.winograd = suits_winograd(s, p.out_height, p.out_width);
    if (p.winograd) p.row = (p.out_width + 3) / 4 * 4 + 2;
    p.out_row = unit ? p.row : p.out_width;
    p.padded_height = larger(padded_rows(&p, p.out_height), s->pad_top + s->height);
    p.slack = MOST_ROWS * s->stride_width + p.span_width + s->pad_left + s->pad_right + 1;
    p.panels = (p.out_channels + p.kernels->panel - 1) / p.kernels->panel;
    p.dx_panels = (p.in_channels + p.kernels->panel - 1) / p.kernels->panel;
    p.gradient_rows = round_up(p.taps * p.in_channels, p.kernels->rows);
    return p;
}

float *convolution_scratch(int64_t floats) {
    float *block = ser_allocate((size_t)floats * sizeof(float));
    if (!block) {
        fprintf(stderr, "SER: no memory left for %lld bytes of scratch\n", (long long)floats * 4);
        abort();
    }
    return block;
}

void convolution_release(float *block, int64_t floats) { ser_free(block, (size_t)floats * sizeof(float)); }

static size_t bytes(int64_t floats) { return (size_t)floats * sizeof(float); }

static int64_t packed_panel(const convolution_plan *p) { return p->taps * p->in_channels * p->kernels->panel; }
static int64_t dx_packed_panel(const convolution_plan *p) { return p->taps * p->out_channels * p->kernels->panel; }

static int64_t plain_packed_floats(const convolution_plan *p) {
    return p->shape->groups * p->panels * (packed_panel(p) + p->kernels->panel);
}
static int64_t plain_dx_packed_floats(const convolution_plan *p) {
    return p->shape->groups * p->dx_panels * dx_packed_panel(p);
}
int64_t packed_floats(const convolution_plan *p) {
    return p->winograd ? winograd_packed_floats(p) : plain_packed_floats(p);
}
int64_t dx_packed_floats(const convolution_plan *p) {
    return p->winograd ? winograd_dx_packed_floats(p) : plain_dx_packed_floats(p);
}
int64_t input_floats(const convolution_plan *p, int64_t rows) { return (rows * p->row + p->slack) * p->in_step; }
int64_t output_floats(const convolution_plan *p, int64_t rows) { return rows * p->out_row * p->out_step + MOST_PANEL; }
int64_t dy_floats(const convolution_plan *p) { return (p->dy_height * p->dy_row + p->slack) * p->out_step + MOST_PANEL; }
int64_t dx_floats(const convolution_plan *p) { return p->shape->height * p->dy_row * p->dx_step + MOST_PANEL; }
int64_t partial_floats(const convolution_plan *p) {
    return p->shape->groups * p->panels * p->gradient_rows * p->kernels->panel;
}

// MARK: weights

static void pack_plain(const convolution_plan *p, const float *w, const float *bias, float *packed) {
    int64_t panel = p->kernels->panel, depth = p->in_channels, products = p->taps * depth;
    float *turned = convolution_scratch(products * panel);
    float *end = packed + p->shape->groups * p->panels * packed_panel(p);
    for (int64_t g = 0; g < p->shape->groups; g++)
        for (int64_t b = 0; b < p->panels; b++) {
            int64_t first = g * p->out_channels + b * panel, n = smaller(panel, p->out_channels - b * panel);
            if (n < panel) memset(turned, 0, bytes(products * panel));
            p->kernels->transpose(turned, panel, w + first * products, products, n, products);
            for (int64_t t = 0; t < p->taps; t++)
                for (int64_t d = 0; d < depth; d++, packed += panel)
                    memcpy(packed, turned + (d * p->taps + t) * panel, bytes(panel));
            memset(end, 0, bytes(panel));
            if (bias) memcpy(end, bias + first, bytes(n));
            end += panel;
        }
    convolution_release(turned, products * panel);
}

static void pack_plain_for_dx(const convolution_plan *p, const float *w, float *packed) {
    int64_t panel = p->kernels->panel, products = p->taps * p->in_channels;
    memset(packed, 0, bytes(plain_dx_packed_floats(p)));
    for (int64_t g = 0; g < p->shape->groups; g++)
        for (int64_t b = 0; b < p->dx_panels; b++) {
            int64_t n = smaller(panel, p->in_channels - b * panel);
            for (int64_t t = p->taps - 1; t >= 0; t--)  // correlation backward reads the taps in the opposite order
                for (int64_t o = 0; o < p->out_channels; o++, packed += panel) {
                    const float *from = w + (g * p->out_channels + o) * products + b * panel * p->taps + t;
                    for (int64_t j = 0; j < n; j++) packed[j] = from[j * p->taps];
                }
        }
}

void pack_weights(const convolution_plan *p, const float *w, const float *bias, float *packed) {
    if (!p->winograd) {
        pack_plain(p, w, bias, packed);
        return;
    }
    float *plain = convolution_scratch(plain_packed_floats(p));
    pack_plain(p, w, bias, plain);
    winograd_pack(p, plain, packed);
    convolution_release(plain, plain_packed_floats(p));
}

void pack_weights_for_dx(const convolution_plan *p, const float *w, float *packed) {
    if (!p->winograd) {
        pack_plain_for_dx(p, w, packed);
        return;
    }
    float *plain = convolution_scratch(plain_dx_packed_floats(p));
    pack_plain_for_dx(p, w, plain);
    winograd_pack_for_dx(p, plain, packed);
    convolution_release(plain, plain_dx_packed_floats(p));
}

// MARK: images

int64_t padded_rows(const convolution_plan *p, int64_t rows) {
    return p->winograd ? (rows + 3) / 4 * 4 + 2 : (rows - 1) * p->shape->stride_height + p->span_height + 1;
}

int64_t row_unit(const convolution_plan *p) { return p->winograd ? 4 : 1; }

void positions_in(
    const convolution_plan *p, int last, const float *tensor, int64_t plane, int64_t channels, int64_t positions,
    float *scratch, int64_t step
) {
    if (last ? step == channels : step == 1) {
        memcpy(scratch, tensor, bytes(positions * channels));
        return;
    }
    if (step > channels) for (int64_t i = 0; i < positions; i++) memset(scratch + i * step + channels, 0, bytes(step - channels));
    if (!last) p->kernels->transpose(scratch, step, tensor, plane, channels, positions);
    else for (int64_t i = 0; i < positions; i++) memcpy(scratch + i * step, tensor + i * channels, bytes(channels));
}

void positions_out(
    const convolution_plan *p, int last, const float *scratch, int64_t step, int64_t channels, int64_t positions,
    float *tensor, int64_t plane
) {
    if (!last) p->kernels->transpose(tensor, plane, scratch, step, positions, channels);
    else if (step == channels) memcpy(tensor, scratch, bytes(positions * channels));
    else for (int64_t i = 0; i < positions; i++) memcpy(tensor + i * channels, scratch + i * step, bytes(channels));
}

void fill_input(const convolution_plan *p, const float *image, int64_t valid, int64_t first, int64_t rows, float *padded) {
    const ser_convolution_shape *s = p->shape;
    int64_t plane = s->height * s->width, step = p->in_step;
    int64_t width = smaller(valid, s->width), row_floats = p->row * step;
    for (int64_t r = 0; r < rows; r++, padded += row_floats) {
        int64_t h = first + r - s->pad_top;
        if (h < 0 || h >= s->height || width <= 0) { memset(padded, 0, bytes(row_floats)); continue; }
        memset(padded, 0, bytes(s->pad_left * step));
        positions_in(p, s->channels_last, image + h * s->width * (s->channels_last ? step : 1), plane, step, width,
                     padded + s->pad_left * step, step);
        memset(padded + (s->pad_left + width) * step, 0, bytes((p->row - s->pad_left - width) * step));
    }
    memset(padded, 0, bytes(p->slack * step));
}

// MARK: products

/// Weights of this many bytes stay in the first-level cache while a run of positions passes by.
enum { HOT_BYTES = 24 * 1024, MOST_TAPS_HELD = 64 };

/// One panel of outputs, for a run of positions.
static void correlate_run(
    const convolution_plan *p, const float *x, int64_t step, int64_t row_step, int64_t dilation, int64_t kernel_width,
    int64_t depth, const float *w, const float *bias, float *out, int64_t out_step, int64_t count, int64_t n
) {
    int64_t panel = p->kernels->panel;
    int64_t group = larger(1, smaller(MOST_TAPS_HELD, HOT_BYTES / (depth * panel * (int64_t)sizeof(float))));
    int64_t groups = (p->taps + group - 1) / group;
    group = (p->taps + groups - 1) / groups;
    int64_t offsets[MOST_TAPS_HELD];
    for (int64_t t = 0; t < p->taps; t += group) {
        int64_t taps = smaller(group, p->taps - t);
        for (int64_t i = 0; i < taps; i++)
            offsets[i] = (t + i) / kernel_width * row_step + (t + i) % kernel_width * dilation;
        p->kernels->correlate(
            x, step, offsets, taps, depth, w + t * depth * panel, t ? NULL : bias, out, out_step, count, n);
    }
}

void correlate_rows(const convolution_plan *p, const float *padded, const float *packed, int64_t rows, float *y) {
    const ser_convolution_shape *s = p->shape;
    if (p->winograd) {
        winograd_rows(p, padded, packed, rows, y);
        return;
    }
    int64_t panel = p->kernels->panel, runs = p->out_row == p->row ? 1 : rows;
    int64_t count = runs == 1 ? (rows - 1) * p->row + p->out_width : p->out_width;
    const float *bias = packed + s->groups * p->panels * packed_panel(p);
    for (int64_t g = 0; g < s->groups; g++)
        for (int64_t b = 0; b < p->panels; b++, packed += packed_panel(p), bias += panel) {
            int64_t n = smaller(panel, p->out_channels - b * panel);
            if (s->groups == 1) n = smaller(panel, p->out_step - b * panel);  // whole vectors: the padding may be written
            for (int64_t r = 0; r < runs; r++)
                correlate_run(
                    p, padded + r * s->stride_height * p->row * p->in_step + g * p->in_channels,
                    s->stride_width * p->in_step, s->dilation_height * p->row * p->in_step,
                    s->dilation_width * p->in_step, s->kernel_width, p->in_channels, packed, bias,
                    y + r * p->out_row * p->out_step + g * p->out_channels + b * panel, p->out_step, count, n);
        }
}

void correlate_dx(const convolution_plan *p, const float *dy, const float *packed, int64_t valid, float *scratch, float *dx) {
    static const float zeros[MOST_PANEL];
    const ser_convolution_shape *s = p->shape;
    int64_t panel = p->kernels->panel, count = (s->height - 1) * p->dy_row + s->width;
    for (int64_t g = 0; g < s->groups; g++)
        for (int64_t b = 0; b < p->dx_panels; b++, packed += dx_packed_panel(p)) {
            int64_t n = smaller(panel, p->in_channels - b * panel);
            if (s->groups == 1) n = smaller(panel, p->dx_step - b * panel);
            correlate_run(
                p, dy + g * p->out_channels, p->out_step, s->dilation_height * p->dy_row * p->out_step,
                s->dilation_width * p->out_step, s->kernel_width, p->out_channels, packed, zeros,
                scratch + g * p->in_channels + b * panel, p->dx_step, count, n);
        }
    give_dx(p, scratch, p->dy_row, valid, dx);
}

void give_dx(const convolution_plan *p, float *scratch, int64_t row, int64_t valid, float *dx) {
    const ser_convolution_shape *s = p->shape;
    int64_t plane = s->height * s->width, width = smaller(valid, s->width);
    for (int64_t h = 0; h < s->height; h++, scratch += row * p->dx_step) {
        if (width < s->width) memset(scratch + width * p->dx_step, 0, bytes((s->width - width) * p->dx_step));
        positions_out(p, s->channels_last, scratch, p->dx_step, s->in_channels, s->width,
                      dx + h * s->width * (s->channels_last ? s->in_channels : 1), plane);
    }
}

enum { CHUNK = 128 };  // positions whose inputs and gradients stay in cache while all tiles of dw pass over them

static void accumulate_run(
    const convolution_plan *p, const float *x, int64_t x_step, const int64_t *offsets, const float *dy, int64_t count,
    float *partial
) {
    int64_t panel = p->kernels->panel, panel_floats = p->gradient_rows * panel;
    int64_t chunks = (count + CHUNK - 1) / CHUNK, chunk = (count + chunks - 1) / chunks;
    for (int64_t i = 0; i < count; i += chunk)
        for (int64_t g = 0; g < p->shape->groups; g++)
            for (int64_t b = 0; b < p->panels; b++)
                p->kernels->accumulate(
                    x + i * x_step + g * p->in_channels, x_step, offsets, p->gradient_rows,
                    dy + i * p->out_step + g * p->out_channels + b * panel, p->out_step, smaller(chunk, count - i),
                    smaller(panel, p->out_channels - b * panel), partial + (g * p->panels + b) * panel_floats);
}

void accumulate_rows(
    const convolution_plan *p, const float *padded, const float *dy, int64_t dy_row, int64_t rows, float *partial
) {
    const ser_convolution_shape *s = p->shape;
    int64_t offsets_floats = p->gradient_rows * 2;
    int64_t *offsets = (int64_t *)(void *)convolution_scratch(offsets_floats);
    for (int64_t r = 0; r < p->gradient_rows; r++) {
        int64_t t = smaller(r / p->in_channels, p->taps - 1), d = r % p->in_channels;
        offsets[r] = (t / s->kernel_width * s->dilation_height * p->row + t % s->kernel_width * s->dilation_width)
            * p->in_step + d;
    }
    if (s->stride_height == 1 && s->stride_width == 1 && dy_row == p->row)
        accumulate_run(p, padded, p->in_step, offsets, dy, (rows - 1) * p->row + p->out_width, partial);
    else for (int64_t r = 0; r < rows; r++)
        accumulate_run(p, padded + r * s->stride_height * p->row * p->in_step, s->stride_width * p->in_step, offsets,
                       dy + r * dy_row * p->out_step, p->out_width, partial);
    convolution_release((float *)(void *)offsets, offsets_floats);
}

void reduce_partials(const convolution_plan *p, float *partials, int64_t count, float *dw) {
    int64_t floats = partial_floats(p), panel = p->kernels->panel, products = p->taps * p->in_channels;
    for (int64_t k = 1; k < count; k++)
        for (int64_t i = 0; i < floats; i++) partials[i] += partials[k * floats + i];
    float *turned = convolution_scratch(products * panel);
    for (int64_t g = 0; g < p->shape->groups; g++)
        for (int64_t b = 0; b < p->panels; b++) {
            const float *from = partials + (g * p->panels + b) * p->gradient_rows * panel;
            for (int64_t t = 0; t < p->taps; t++)
                for (int64_t d = 0; d < p->in_channels; d++)
                    memcpy(turned + (d * p->taps + t) * panel, from + (t * p->in_channels + d) * panel, bytes(panel));
            int64_t n = smaller(panel, p->out_channels - b * panel);
            p->kernels->transpose(
                dw + (g * p->out_channels + b * panel) * products, products, turned, panel, products, n);
        }
    convolution_release(turned, products * panel);
}

int64_t images_per_task(const convolution_plan *p) {
    // At most 8 partial sums: each costs memory, and clearing and adding.
    return (p->shape->batch + 7) / 8;
}
