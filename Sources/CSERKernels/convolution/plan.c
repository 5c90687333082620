// SPDX-License-Identifier: Apache-2.0

#include "plan.h"
#include "../runtime/scratch.h"

static int64_t out_height(const ser_convolution_shape *s) {
    int64_t span = s->dilation_height * (s->kernel_height - 1);
    return (s->height + s->pad_top + s->pad_bottom - span - 1) / s->stride_height + 1;
}

static int64_t out_width(const ser_convolution_shape *s) {
    int64_t span = s->dilation_width * (s->kernel_width - 1);
    return (s->width + s->pad_left + s->pad_right - span - 1) / s->stride_width + 1;
}

/// The least row length for which rows of `width` values at `left` (cropped where negative) in windows of `length`
/// share nothing but zeros with their neighbours, and `outputs` results a row have room.
static int64_t shared_row(int64_t left, int64_t width, int64_t length, int64_t outputs) {
    int64_t end = smaller(left + width, length);
    return larger(larger(end, length - larger(left, 0)), outputs);
}

/// Whether tiles of 4 x 4 outputs pay: enough channels, and not too much of the tiles outside the image.
static int suits_winograd(const ser_convolution_shape *s, int64_t out_height, int64_t out_width) {
    int64_t area = out_height * out_width, covered = (out_height + 3) / 4 * ((out_width + 3) / 4) * 16;
    return s->kernel_height == 3 && s->kernel_width == 3 && s->stride_height == 1 && s->stride_width == 1 &&
           s->dilation_height == 1 && s->dilation_width == 1 && s->groups == 1 && s->in_channels >= 16 &&
           s->in_channels % CHANNEL_STEP == 0 && s->out_channels >= 16 && area * 2 >= covered;
}

convolution_plan ser_convolution_plan_make(const ser_convolution_shape *s) {
    convolution_plan p = {.shape = s, .kernels = ser_convolution_table()};
    p.out_height = out_height(s);
    p.out_width = out_width(s);
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
    int64_t reach = larger(stretched_width + p.span_width, s->pad_left + s->width);
    p.row = shared_row(s->pad_left, s->width, reach, stretched_width);
    int unit = s->stride_height == 1 && s->stride_width == 1;
    if (unit) p.row = p.dy_row = larger(p.row, p.dy_row);
    p.shared = unit && p.dy_top >= 0 && p.dy_left >= 0 && p.dy_top + p.out_height <= p.dy_height &&
               p.dy_left + p.out_width <= p.dy_row;
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

// MARK: sizes of blocks

int64_t ser_convolution_block_count(const ser_convolution_block *block) {
    const ser_convolution_shape *s = &block->convolution;
    int64_t height = out_height(s), width = out_width(s), columns = 0;
    if (!block->out_widths) return s->batch * height * width;
    for (int64_t b = 0; b < s->batch; b++) columns += block->out_widths[b];
    return columns * height;
}

// MARK: images

void ser_positions_in(const convolution_plan *p, int last, const float *tensor, int64_t plane, int64_t channels,
                      int64_t positions, float *scratch, int64_t step) {
    if (last ? step == channels : step == 1) {
        memcpy(scratch, tensor, bytes_of(positions * channels));
        return;
    }
    for (int64_t i = 0; step > channels && i < positions; i++)
        clear_floats(scratch + i * step + channels, step - channels);
    if (!last)
        p->kernels->transpose(scratch, step, tensor, plane, channels, positions);
    else
        for (int64_t i = 0; i < positions; i++) memcpy(scratch + i * step, tensor + i * channels, bytes_of(channels));
}

void ser_positions_out(const convolution_plan *p, int last, const float *scratch, int64_t step, int64_t channels,
                       int64_t positions, float *tensor, int64_t plane) {
    if (!last)
        p->kernels->transpose(tensor, plane, scratch, step, positions, channels);
    else if (step == channels)
        memcpy(tensor, scratch, bytes_of(positions * channels));
    else
        for (int64_t i = 0; i < positions; i++) memcpy(tensor + i * channels, scratch + i * step, bytes_of(channels));
}

void ser_convolution_fill_input(const convolution_plan *p, const float *image, int64_t valid, int64_t first,
                                int64_t rows, float *padded) {
    const ser_convolution_shape *s = p->shape;
    int64_t plane = s->height * s->width, step = p->in_step;
    int64_t width = smaller(valid, s->width), row_floats = p->row * step;
    for (int64_t r = 0; r < rows; r++, padded += row_floats) {
        int64_t h = first + r - s->pad_top;
        if (h < 0 || h >= s->height || width <= 0) {
            clear_floats(padded, row_floats);
            continue;
        }
        clear_floats(padded, s->pad_left * step);
        ser_positions_in(p, s->channels_last, image + h * s->width * (s->channels_last ? step : 1), plane, step, width,
                         padded + s->pad_left * step, step);
        clear_floats(padded + (s->pad_left + width) * step, (p->row - s->pad_left - width) * step);
    }
    clear_floats(padded, p->slack * step);
}

void ser_convolution_give_dx(const convolution_plan *p, float *scratch, int64_t row, int64_t valid, float *dx) {
    const ser_convolution_shape *s = p->shape;
    int64_t plane = s->height * s->width, width = smaller(valid, s->width);
    for (int64_t h = 0; h < s->height; h++, scratch += row * p->dx_step) {
        if (width < s->width) clear_floats(scratch + width * p->dx_step, (s->width - width) * p->dx_step);
        ser_positions_out(p, s->channels_last, scratch, p->dx_step, s->in_channels, s->width,
                          dx + h * s->width * (s->channels_last ? s->in_channels : 1), plane);
    }
}

// MARK: gradients of weights

void ser_convolution_reduce(const convolution_plan *p, float *partials, int64_t count, float *dw) {
    int64_t floats = partial_floats(p), panel = p->kernels->panel, products = p->taps * p->in_channels;
    for (int64_t k = 1; k < count; k++)
        for (int64_t i = 0; i < floats; i++) partials[i] += partials[k * floats + i];
    float *turned = ser_scratch(products * panel);
    for (int64_t g = 0; g < p->shape->groups; g++)
        for (int64_t b = 0; b < p->panels; b++) {
            const float *from = partials + (g * p->panels + b) * p->gradient_rows * panel;
            for (int64_t t = 0; t < p->taps; t++)
                for (int64_t d = 0; d < p->in_channels; d++, from += panel)
                    memcpy(turned + (d * p->taps + t) * panel, from, bytes_of(panel));
            int64_t n = smaller(panel, p->out_channels - b * panel);
            p->kernels->transpose(dw + (g * p->out_channels + b * panel) * products, products, turned, panel, products,
                                  n);
        }
    ser_scratch_free(turned, products * panel);
}
