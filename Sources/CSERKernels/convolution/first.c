// SPDX-License-Identifier: Apache-2.0

#include "first.h"
#include "plan.h"
#include "../runtime/scratch.h"
#include "ser_parallel.h"
#include <math.h>

enum { TAPS = 9, GRAM_DOUBLES = 10 * TAPS, GRAM_FLOATS = 2 * GRAM_DOUBLES };

typedef double gram_matrix[10][TAPS];  // products of the taps' inputs, and in the last row their sums

typedef struct {
    const ser_convolution_block *block;
    const convolution_plan *plan;
    const float *x, *g;
    int64_t pooled_height, pooled_width, step, rows, bands;
    int64_t offsets[TAPS];
    float *factors;      // of `step` floats each: scale, shift, sign, bias, then the nine taps' weights
    gram_matrix *grams;  // one an image
    uint8_t *winners;
    float *pooled, *sums;  // sums: [batch][10][step]
} first_context;

int ser_convolution_is_first(const ser_convolution_block *b) {
    const ser_convolution_shape *s = &b->convolution;
    return b->constant_input && s->in_channels == 1 && s->kernel_height == 3 && s->kernel_width == 3 &&
           s->stride_width == 1 && b->pool_height * b->pool_width < NO_WINNER;
}

static first_context begin(const ser_convolution_block *block, const convolution_plan *p, const float *x) {
    const ser_convolution_shape *s = p->shape;
    first_context c = {.block = block, .plan = p, .x = x, .step = p->out_step};
    c.pooled_height = p->out_height / block->pool_height;
    c.pooled_width = p->out_width / block->pool_width;
    // Bands of pooled rows: at least 8 pieces a batch.
    int64_t pieces = smaller((8 + s->batch - 1) / s->batch, c.pooled_height > 0 ? c.pooled_height : 1);
    c.rows = (c.pooled_height + pieces - 1) / pieces;
    if (c.rows < 1) c.rows = 1;
    c.bands = (c.pooled_height + c.rows - 1) / c.rows;
    for (int64_t t = 0; t < TAPS; t++) c.offsets[t] = t / 3 * s->dilation_height * p->row + t % 3 * s->dilation_width;
    return c;
}

static int64_t winner_bytes(const first_context *c) {
    return c->plan->shape->batch * c->pooled_height * c->pooled_width * c->step;
}

int64_t ser_convolution_first_saved(const ser_convolution_block *block) {
    convolution_plan p = ser_convolution_plan_make(&block->convolution);
    first_context c = begin(block, &p, NULL);
    return GRAM_FLOATS + (winner_bytes(&c) + 3) / 4;
}

static int64_t width_of(const int32_t *widths, int64_t image, int64_t all) { return widths ? widths[image] : all; }

static float *padded_image(const first_context *c, int64_t image, int64_t first, int64_t rows, int64_t *floats) {
    const ser_convolution_shape *s = c->plan->shape;
    *floats = input_floats(c->plan, rows);
    float *padded = ser_scratch(*floats);
    ser_convolution_fill_input(c->plan, c->x + image * s->height * s->width,
                               width_of(c->block->in_widths, image, s->width), first, rows, padded);
    return padded;
}

// MARK: statistics

static void gram_piece(void *context, int64_t image) {
    const first_context *c = context;
    const convolution_plan *p = c->plan;
    int64_t floats, line_floats = 2 * TAPS * (p->out_width + 16);
    float *padded = padded_image(c, image, 0, p->padded_height, &floats), *lines = ser_scratch(line_floats);
    memset(c->grams[image], 0, sizeof c->grams[image]);
    p->kernels->gram(padded, p->shape->stride_height * p->row, p->out_height,
                     width_of(c->block->out_widths, image, p->out_width), c->offsets, (double *)(void *)lines,
                     c->grams[image]);
    ser_scratch_free(padded, floats);
    ser_scratch_free(lines, line_floats);
}

/// The whole batch's products as means: cov[s][t] = mean(x_s x_t) - mean(x_s) mean(x_t), and the means in the last row.
static void covariance(first_context *c, gram_matrix cov) {
    int64_t batch = c->plan->shape->batch, floats = batch * GRAM_FLOATS;
    double count = (double)ser_convolution_block_count(c->block);
    c->grams = (gram_matrix *)(void *)ser_scratch(floats);
    ser_parallel_for(batch, gram_piece, c);
    memset(cov, 0, sizeof(gram_matrix));
    for (int64_t b = 0; b < batch; b++)
        for (int i = 0; i < GRAM_DOUBLES; i++) cov[i / TAPS][i % TAPS] += c->grams[b][i / TAPS][i % TAPS];
    ser_scratch_free((float *)(void *)c->grams, floats);
    for (int i = 0; i < GRAM_DOUBLES; i++) cov[i / TAPS][i % TAPS] /= count > 0 ? count : 1;
    for (int s = 0; s < TAPS; s++)
        for (int t = s; t < TAPS; t++) cov[t][s] = cov[s][t] -= cov[TAPS][s] * cov[TAPS][t];
}

static void moments_of(const gram_matrix cov, const float *w, float bias, float *mean, float *variance) {
    double m = bias, v = 0;
    for (int s = 0; s < TAPS; s++) {
        double row = 0;
        for (int t = 0; t < TAPS; t++) row += cov[s][t] * w[t];
        m += w[s] * cov[TAPS][s];
        v += w[s] * row;
    }
    *mean = (float)m;
    *variance = v < 0 ? 0 : (float)v;  // so that NaN stays NaN
}

// MARK: forward

static void make_factors(first_context *c, const float *w, const float *bias, const float *gamma, const float *beta,
                         float epsilon, const float *mean, const float *variance) {
    int64_t step = c->step;
    c->factors = ser_scratch((4 + TAPS) * step);
    clear_floats(c->factors, (4 + TAPS) * step);
    for (int64_t o = 0; o < c->plan->shape->out_channels; o++) {
        double scale = gamma[o] / sqrt((double)variance[o] + epsilon);
        c->factors[o] = (float)scale;
        c->factors[step + o] = (float)(beta[o] - mean[o] * scale);
        c->factors[2 * step + o] = gamma[o] > 0 ? 1 : gamma[o] < 0 ? -1 : 0;
        c->factors[3 * step + o] = bias ? bias[o] : 0;
        for (int t = 0; t < TAPS; t++) c->factors[(4 + t) * step + o] = w[o * TAPS + t];
    }
}

static struct first_arguments arguments(const first_context *c, int64_t image, int64_t first, int64_t rows) {
    const ser_convolution_block *b = c->block;
    int64_t row = c->pooled_width * c->step;
    return (struct first_arguments){
        .x_row = c->plan->shape->stride_height * c->plan->row,
        .offsets = c->offsets,
        .channels = c->step,
        .window_height = b->pool_height,
        .window_width = b->pool_width,
        .pooled_rows = rows,
        .pooled_width = width_of(b->pooled_widths, image, c->pooled_width),
        .width = width_of(b->out_widths, image, c->plan->out_width),
        .pooled_row = row,
        .w = c->factors + 4 * c->step,
        .bias = c->factors + 3 * c->step,
        .scale = c->factors,
        .shift = c->factors + c->step,
        .sign = c->factors + 2 * c->step,
        .relu = b->relu,
        .winners = c->winners ? c->winners + (image * c->pooled_height + first) * row : NULL,
    };
}

/// Where pooled row `first` of an image begins in its tensor.
static int64_t pooled_offset(const first_context *c, int64_t image, int64_t first) {
    int64_t channels = c->plan->shape->out_channels, plane = c->pooled_height * c->pooled_width;
    return image * channels * plane + first * c->pooled_width * (c->block->pooled_channels_last ? channels : 1);
}

static int lies_as_scratch(const first_context *c) {
    return c->block->pooled_channels_last && c->step == c->plan->shape->out_channels;
}

static void pool_piece(void *context, int64_t index) {
    const first_context *c = context;
    const convolution_plan *p = c->plan;
    int64_t image = index / c->bands, first = index % c->bands * c->rows;
    int64_t rows = smaller(c->rows, c->pooled_height - first);
    int64_t height = c->block->pool_height, stride = p->shape->stride_height;
    int64_t floats, positions = rows * c->pooled_width;
    float *padded =
        padded_image(c, image, first * height * stride, (rows * height - 1) * stride + p->span_height + 1, &floats);
    float *out = c->pooled + pooled_offset(c, image, first);
    struct first_arguments a = arguments(c, image, first, rows);
    a.x = padded;
    a.pooled = lies_as_scratch(c) ? out : ser_scratch(positions * c->step);
    p->kernels->first_pool(&a);
    for (int64_t r = 0; a.pooled_width < c->pooled_width && r < rows; r++)
        clear_floats(a.pooled + r * a.pooled_row + a.pooled_width * c->step,
                     (c->pooled_width - a.pooled_width) * c->step);
    if (a.pooled != out) {
        ser_positions_out(p, c->block->pooled_channels_last, a.pooled, c->step, p->shape->out_channels, positions, out,
                          c->pooled_height * c->pooled_width);
        ser_scratch_free(a.pooled, positions * c->step);
    }
    ser_scratch_free(padded, floats);
}

static uint8_t *winners_in(const float *saved) { return (uint8_t *)(uintptr_t)(saved + GRAM_FLOATS); }

void ser_convolution_first_forward(const ser_convolution_block *block, const float *x, const float *w,
                                   const float *bias, const float *gamma, const float *beta, float epsilon, float *mean,
                                   float *variance, int frozen, float *saved, float *pooled) {
    convolution_plan p = ser_convolution_plan_make(&block->convolution);
    first_context c = begin(block, &p, x);
    if (!frozen) {
        gram_matrix cov;
        covariance(&c, cov);
        if (saved) memcpy(saved, cov, sizeof cov);
        for (int64_t o = 0; o < p.shape->out_channels; o++)
            moments_of(cov, w + o * TAPS, bias ? bias[o] : 0, mean + o, variance + o);
    }
    make_factors(&c, w, bias, gamma, beta, epsilon, mean, variance);
    if (saved) c.winners = winners_in(saved);
    c.pooled = pooled;
    ser_parallel_for(p.shape->batch * c.bands, pool_piece, &c);
    ser_scratch_free(c.factors, (4 + TAPS) * c.step);
}

// MARK: backward

static void gradient_piece(void *context, int64_t image) {
    const first_context *c = context;
    const convolution_plan *p = c->plan;
    float *sums = c->sums + image * 10 * c->step;
    clear_floats(sums, 10 * c->step);
    int64_t floats, positions = c->pooled_height * c->pooled_width;
    if (!positions) return;
    float *padded = padded_image(c, image, 0, p->padded_height, &floats);
    struct first_arguments a = arguments(c, image, 0, c->pooled_height);
    const float *from = c->g + pooled_offset(c, image, 0);
    float *turned = lies_as_scratch(c) ? NULL : ser_scratch(positions * c->step);
    if (turned)
        ser_positions_in(p, c->block->pooled_channels_last, from, positions, p->shape->out_channels, positions, turned,
                         c->step);
    a.x = padded;
    a.g = turned ? turned : from;
    a.sums = sums;
    p->kernels->first_gradient(&a);
    if (turned) ser_scratch_free(turned, positions * c->step);
    ser_scratch_free(padded, floats);
}

void ser_convolution_first_backward(const ser_convolution_block *block, const float *x, const float *w,
                                    const float *bias, const float *gamma, const float *beta, float epsilon,
                                    const float *mean, const float *variance, int frozen, const float *saved,
                                    const float *dpooled, float *dw, float *dbias, float *dgamma, float *dbeta) {
    convolution_plan p = ser_convolution_plan_make(&block->convolution);
    first_context c = begin(block, &p, x);
    int64_t batch = p.shape->batch, floats = batch * 10 * c.step;
    make_factors(&c, w, bias, gamma, beta, epsilon, mean, variance);
    c.winners = winners_in(saved);
    c.g = dpooled;
    c.sums = ser_scratch(floats);
    ser_parallel_for(batch, gradient_piece, &c);
    gram_matrix cov = {{0}};
    if (!frozen) memcpy(cov, saved, sizeof cov);
    for (int64_t o = 0; o < p.shape->out_channels; o++) {
        double sums[10] = {0};
        for (int64_t b = 0; b < batch; b++)
            for (int t = 0; t < 10; t++) sums[t] += c.sums[(b * 10 + t) * c.step + o];
        // With dz the gradient where a value won: sums[t] = sum dz x_t, and with y = w . x + bias also sum dz (y -
        // mean).
        double s1 = sums[TAPS], s2 = ((bias ? bias[o] : 0) - (double)mean[o]) * s1;
        for (int t = 0; t < TAPS; t++) s2 += w[o * TAPS + t] * sums[t];
        double inverse = 1 / sqrt((double)variance[o] + epsilon), scale = gamma[o] * inverse;
        dbeta[o] = (float)s1;
        dgamma[o] = (float)(s2 * inverse);
        if (dbias) dbias[o] = frozen ? (float)(scale * s1) : 0;
        // dy = scale (dz - mean dz - (y - mean y) inverse^2 mean(dz (y - mean y))), and sums over y x_t come from cov.
        for (int t = 0; t < TAPS; t++) {
            double along = 0;
            for (int s = 0; s < TAPS; s++) along += w[o * TAPS + s] * cov[s][t];
            double whole = frozen ? 0 : s1 * cov[TAPS][t] + s2 * inverse * inverse * along;
            dw[o * TAPS + t] = (float)(scale * (sums[t] - whole));
        }
    }
    ser_scratch_free(c.sums, floats);
    ser_scratch_free(c.factors, (4 + TAPS) * c.step);
}
