// SPDX-License-Identifier: Apache-2.0

#include "direct.h"
#include "../runtime/scratch.h"

// MARK: weights

static int64_t packed_panel(const convolution_plan *p) { return p->taps * p->in_channels * p->kernels->panel; }
static int64_t dx_packed_panel(const convolution_plan *p) { return p->taps * p->out_channels * p->kernels->panel; }

int64_t ser_direct_packed_floats(const convolution_plan *p) {
    return p->shape->groups * p->panels * (packed_panel(p) + p->kernels->panel);
}
int64_t ser_direct_dx_packed_floats(const convolution_plan *p) {
    return p->shape->groups * p->dx_panels * dx_packed_panel(p);
}

void ser_direct_pack(const convolution_plan *p, const float *w, const float *bias, float *packed) {
    int64_t panel = p->kernels->panel, depth = p->in_channels, products = p->taps * depth;
    float *turned = ser_scratch(products * panel);
    float *end = packed + p->shape->groups * p->panels * packed_panel(p);
    for (int64_t g = 0; g < p->shape->groups; g++)
        for (int64_t b = 0; b < p->panels; b++) {
            int64_t first = g * p->out_channels + b * panel, n = smaller(panel, p->out_channels - b * panel);
            if (n < panel) clear_floats(turned, products * panel);
            p->kernels->transpose(turned, panel, w + first * products, products, n, products);
            for (int64_t t = 0; t < p->taps; t++)
                for (int64_t d = 0; d < depth; d++, packed += panel)
                    memcpy(packed, turned + (d * p->taps + t) * panel, bytes_of(panel));
            clear_floats(end, panel);
            if (bias) memcpy(end, bias + first, bytes_of(n));
            end += panel;
        }
    ser_scratch_free(turned, products * panel);
}

void ser_direct_pack_for_dx(const convolution_plan *p, const float *w, float *packed) {
    int64_t panel = p->kernels->panel, products = p->taps * p->in_channels;
    clear_floats(packed, ser_direct_dx_packed_floats(p));
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

// MARK: products

/// Weights of this many bytes stay in the first-level cache while a run of positions passes by.
enum { HOT_BYTES = 24 * 1024, MOST_TAPS_HELD = 64 };

/// One panel of outputs, for a run of positions.
static void correlate_run(const convolution_plan *p, const float *x, int64_t step, int64_t row_step, int64_t dilation,
                          int64_t kernel_width, int64_t depth, const float *w, const float *bias, float *out,
                          int64_t out_step, int64_t count, int64_t n) {
    int64_t panel = p->kernels->panel;
    int64_t group = larger(1, smaller(MOST_TAPS_HELD, HOT_BYTES / (depth * panel * (int64_t)sizeof(float))));
    int64_t groups = (p->taps + group - 1) / group;
    group = (p->taps + groups - 1) / groups;
    int64_t offsets[MOST_TAPS_HELD];
    for (int64_t t = 0; t < p->taps; t += group) {
        int64_t taps = smaller(group, p->taps - t);
        for (int64_t i = 0; i < taps; i++)
            offsets[i] = (t + i) / kernel_width * row_step + (t + i) % kernel_width * dilation;
        p->kernels->correlate(x, step, offsets, taps, depth, w + t * depth * panel, t ? NULL : bias, out, out_step,
                              count, n);
    }
}

void ser_direct_correlate(const convolution_plan *p, const float *padded, const float *packed, int64_t rows, float *y) {
    const ser_convolution_shape *s = p->shape;
    // The rows of a strided convolution may be as long as those of its input, and are no run of positions all the same.
    int unit = s->stride_height == 1 && s->stride_width == 1;
    int64_t panel = p->kernels->panel, runs = unit && p->out_row == p->row ? 1 : rows;
    int64_t count = runs == 1 ? (rows - 1) * p->row + p->out_width : p->out_width;
    const float *bias = packed + s->groups * p->panels * packed_panel(p);
    for (int64_t g = 0; g < s->groups; g++)
        for (int64_t b = 0; b < p->panels; b++, packed += packed_panel(p), bias += panel) {
            int64_t n = smaller(panel, p->out_channels - b * panel);
            // Whole vectors where nothing but padding follows.
            if (s->groups == 1) n = smaller(panel, p->out_step - b * panel);
            for (int64_t r = 0; r < runs; r++)
                correlate_run(p, padded + r * s->stride_height * p->row * p->in_step + g * p->in_channels,
                              s->stride_width * p->in_step, s->dilation_height * p->row * p->in_step,
                              s->dilation_width * p->in_step, s->kernel_width, p->in_channels, packed, bias,
                              y + r * p->out_row * p->out_step + g * p->out_channels + b * panel, p->out_step, count,
                              n);
        }
}

// MARK: gradients

void ser_direct_stretch(const convolution_plan *p, const float *from, int64_t from_row, float *dy) {
    const ser_convolution_shape *s = p->shape;
    for (int64_t h = 0; h < p->out_height; h++) {
        int64_t row = h * s->stride_height + p->dy_top;
        if (row < 0 || row >= p->dy_height) continue;
        for (int64_t w = 0; w < p->out_width; w++) {
            int64_t column = w * s->stride_width + p->dy_left;
            if (column < 0 || column >= s->width + p->span_width) continue;
            memcpy(dy + (row * p->dy_row + column) * p->out_step, from + (h * from_row + w) * p->out_step,
                   bytes_of(p->out_step));
        }
    }
}

void ser_direct_correlate_dx(const convolution_plan *p, const float *dy, const float *packed, int64_t valid,
                             float *scratch, float *dx) {
    static const float zeros[MOST_PANEL];
    const ser_convolution_shape *s = p->shape;
    int64_t panel = p->kernels->panel, count = (s->height - 1) * p->dy_row + s->width;
    for (int64_t g = 0; g < s->groups; g++)
        for (int64_t b = 0; b < p->dx_panels; b++, packed += dx_packed_panel(p)) {
            int64_t n = smaller(panel, p->in_channels - b * panel);
            if (s->groups == 1) n = smaller(panel, p->dx_step - b * panel);
            correlate_run(p, dy + g * p->out_channels, p->out_step, s->dilation_height * p->dy_row * p->out_step,
                          s->dilation_width * p->out_step, s->kernel_width, p->out_channels, packed, zeros,
                          scratch + g * p->in_channels + b * panel, p->dx_step, count, n);
        }
    ser_convolution_give_dx(p, scratch, p->dy_row, valid, dx);
}

enum { CHUNK = 128 };  // positions whose inputs and gradients stay in cache while all tiles of dw pass over them

static void accumulate_run(const convolution_plan *p, const float *x, int64_t x_step, const int64_t *offsets,
                           const float *dy, int64_t count, float *partial) {
    int64_t panel = p->kernels->panel, panel_floats = p->gradient_rows * panel;
    int64_t chunks = (count + CHUNK - 1) / CHUNK, chunk = (count + chunks - 1) / chunks;
    for (int64_t i = 0; i < count; i += chunk)
        for (int64_t g = 0; g < p->shape->groups; g++)
            for (int64_t b = 0; b < p->panels; b++)
                p->kernels->accumulate(x + i * x_step + g * p->in_channels, x_step, offsets, p->gradient_rows,
                                       dy + i * p->out_step + g * p->out_channels + b * panel, p->out_step,
                                       smaller(chunk, count - i), smaller(panel, p->out_channels - b * panel),
                                       partial + (g * p->panels + b) * panel_floats);
}

void ser_direct_accumulate(const convolution_plan *p, const float *padded, const float *dy, int64_t dy_row,
                           int64_t rows, float *partial) {
    const ser_convolution_shape *s = p->shape;
    int64_t offsets_floats = p->gradient_rows * 2;
    int64_t *offsets = (int64_t *)(void *)ser_scratch(offsets_floats);
    for (int64_t r = 0; r < p->gradient_rows; r++) {
        int64_t t = smaller(r / p->in_channels, p->taps - 1), d = r % p->in_channels;
        offsets[r] =
            (t / s->kernel_width * s->dilation_height * p->row + t % s->kernel_width * s->dilation_width) * p->in_step +
            d;
    }
    if (s->stride_height == 1 && s->stride_width == 1 && dy_row == p->row)
        accumulate_run(p, padded, p->in_step, offsets, dy, (rows - 1) * p->row + p->out_width, partial);
    else
        for (int64_t r = 0; r < rows; r++)
            accumulate_run(p, padded + r * s->stride_height * p->row * p->in_step, s->stride_width * p->in_step,
                           offsets, dy + r * dy_row * p->out_step, p->out_width, partial);
    ser_scratch_free((float *)(void *)offsets, offsets_floats);
}
