// SPDX-License-Identifier: Apache-2.0

#include "check.h"
#include "ser_convolution.h"

// Convolutions and their fused blocks. The plain path is checked against loops in double precision, the others against
// the plain one.
typedef struct {
    ser_convolution_shape shape;
    int64_t in, out, weights, out_height, out_width;
    const float *x, *w, *bias, *dy;
    const int32_t *widths;
    float *y, *dx, *dw, *dbias;
} plain_case;

static int64_t out_height(const ser_convolution_shape *s) {
    int64_t span = s->dilation_height * (s->kernel_height - 1) + 1;
    return (s->height + s->pad_top + s->pad_bottom - span) / s->stride_height + 1;
}

static int64_t out_width(const ser_convolution_shape *s) {
    int64_t span = s->dilation_width * (s->kernel_width - 1) + 1;
    return (s->width + s->pad_left + s->pad_right - span) / s->stride_width + 1;
}

static ser_convolution_shape random_shape(void) {
    ser_convolution_shape s = {
        .batch = check_between(1, 3),
        .groups = check_between(1, 2),
        .kernel_height = check_between(1, 4),
        .kernel_width = check_between(1, 5),
        .stride_height = check_between(1, 2),
        .stride_width = check_between(1, 2),
        .dilation_height = check_between(1, 2),
        .dilation_width = check_between(1, 2),
        .pad_top = check_between(0, 2),
        .pad_bottom = check_between(0, 2),
        .pad_left = check_between(0, 2),
        .pad_right = check_between(0, 2),
    };
    if (check_coin()) {  // what the five networks use most: 3 x 3, stride 1, same size
        s.groups = s.stride_height = s.stride_width = s.dilation_height = s.dilation_width = 1;
        s.kernel_height = s.kernel_width = 3;
        s.pad_top = s.pad_bottom = s.pad_left = s.pad_right = 1;
    }
    s.in_channels = s.groups * check_between(1, 9);
    s.out_channels = s.groups * check_between(1, 20);
    s.height = s.dilation_height * (s.kernel_height - 1) + check_between(1, 12);
    s.width = s.dilation_width * (s.kernel_width - 1) + check_between(1, 40);
    s.channels_last = s.groups == 1 && check_coin();
    return s;
}

static double at(const plain_case *c, int64_t b, int64_t channel, int64_t row, int64_t column) {
    const ser_convolution_shape *s = &c->shape;
    int64_t width = c->widths ? c->widths[b] : s->width;
    if (row < 0 || row >= s->height || column < 0 || column >= width) return 0;
    return s->channels_last ? c->x[((b * s->height + row) * s->width + column) * s->in_channels + channel]
                            : c->x[((b * s->in_channels + channel) * s->height + row) * s->width + column];
}

static void naive(const plain_case *c, float *y) {
    const ser_convolution_shape *s = &c->shape;
    int64_t inner = s->in_channels / s->groups, outer = s->out_channels / s->groups;
    for (int64_t b = 0; b < s->batch; b++)
        for (int64_t o = 0; o < s->out_channels; o++)
            for (int64_t i = 0; i < c->out_height; i++)
                for (int64_t j = 0; j < c->out_width; j++) {
                    double sum = c->bias ? c->bias[o] : 0;
                    for (int64_t p = 0; p < inner; p++)
                        for (int64_t u = 0; u < s->kernel_height; u++)
                            for (int64_t v = 0; v < s->kernel_width; v++) {
                                double weight = c->w[((o * inner + p) * s->kernel_height + u) * s->kernel_width + v];
                                sum += weight * at(c, b, o / outer * inner + p,
                                                   i * s->stride_height + u * s->dilation_height - s->pad_top,
                                                   j * s->stride_width + v * s->dilation_width - s->pad_left);
                            }
                    int64_t place = s->channels_last
                                        ? ((b * c->out_height + i) * c->out_width + j) * s->out_channels + o
                                        : ((b * s->out_channels + o) * c->out_height + i) * c->out_width + j;
                    y[place] = (float)sum;
                }
}

static void run(int number, void *context) {
    plain_case *c = context;
    float *y = check_floats(c->out), *dx = check_floats(c->in), *dw = check_floats(c->weights);
    float *dbias = check_floats(c->shape.out_channels);
    ser_convolution_forward(&c->shape, c->x, c->w, c->bias, c->widths, y);
    ser_convolution_backward(&c->shape, c->x, c->w, c->widths, c->dy, dx, dw, dbias);
    if (number == 0) {
        float *expected = check_floats(c->out);
        naive(c, expected);
        check_close("convolution", y, expected, c->out, 1e-5);
        c->y = y, c->dx = dx, c->dw = dw, c->dbias = dbias;
        return;
    }
    check_close("convolution", y, c->y, c->out, 1e-5);
    check_close("convolution dx", dx, c->dx, c->in, 1e-5);
    check_close("convolution dw", dw, c->dw, c->weights, 1e-5);
    check_close("convolution dbias", dbias, c->dbias, c->shape.out_channels, 1e-5);
}

void check_convolution(void) {
    plain_case c = {.shape = random_shape()};
    const ser_convolution_shape *s = &c.shape;
    c.out_height = out_height(s);
    c.out_width = out_width(s);
    c.in = s->batch * s->in_channels * s->height * s->width;
    c.out = s->batch * s->out_channels * c.out_height * c.out_width;
    c.weights = s->out_channels * s->in_channels / s->groups * s->kernel_height * s->kernel_width;
    c.x = check_random(c.in);
    c.w = check_random(c.weights);
    c.bias = check_coin() ? check_random(s->out_channels) : NULL;
    c.dy = check_random(c.out);
    c.widths = check_lengths(s->batch, s->width);
    check_case("convolution %lldx%lldx%lldx%lld to %lld, groups %lld, kernel %lldx%lld, strides %lldx%lld, dilations "
               "%lldx%lld, pads %lld %lld %lld %lld, last %d, widths %d, bias %d",
               (long long)s->batch, (long long)s->in_channels, (long long)s->height, (long long)s->width,
               (long long)s->out_channels, (long long)s->groups, (long long)s->kernel_height,
               (long long)s->kernel_width, (long long)s->stride_height, (long long)s->stride_width,
               (long long)s->dilation_height, (long long)s->dilation_width, (long long)s->pad_top,
               (long long)s->pad_bottom, (long long)s->pad_left, (long long)s->pad_right, s->channels_last,
               c.widths != NULL, c.bias != NULL);
    check_each_way(run, &c);
}

typedef struct {
    ser_convolution_block block;
    int64_t in, weights, channels, pooled_count;
    const float *x, *w, *bias, *gamma, *beta, *dpooled;
    float *trained, *applied, *dx, *dw, *dgamma, *dbeta;
} block_case;

static void run_block(int number, void *context) {
    block_case *c = context;
    const ser_convolution_block *block = &c->block;
    int64_t saved = ser_convolution_block_saved_output(block), winners = ser_convolution_block_saved_winners(block);
    float *saved_output = saved ? check_floats(saved) : NULL, *saved_winners = check_floats(winners);
    float *mean = check_floats(c->channels), *variance = check_floats(c->channels);
    float *trained = check_floats(c->pooled_count), *applied = check_floats(c->pooled_count);
    ser_convolution_block_train(block, c->x, c->w, c->bias, c->gamma, c->beta, 1e-3f, mean, variance, saved_output,
                                saved_winners, trained);
    float *dx = block->constant_input ? NULL : check_floats(c->in), *dw = check_floats(c->weights);
    float *dbias = check_floats(c->channels), *dgamma = check_floats(c->channels), *dbeta = check_floats(c->channels);
    ser_convolution_block_backward(block, c->x, c->w, c->bias, c->gamma, c->beta, 1e-3f, mean, variance, 0,
                                   saved_output, saved_winners, c->dpooled, dx, dw, dbias, dgamma, dbeta);
    int64_t packed_size = ser_convolution_block_packed_size(block);
    float *packed = packed_size ? check_floats(packed_size) : NULL;
    if (packed) ser_convolution_block_pack(block, c->w, c->bias, packed);
    // With the batch's own statistics both must give the same.
    ser_convolution_block_apply(block, c->x, c->w, c->bias, c->gamma, c->beta, 1e-3f, mean, variance, packed, NULL,
                                NULL, applied);
    check_close("applied block", applied, trained, c->pooled_count, 1e-4);
    if (number == 0) {
        c->trained = trained, c->dx = dx, c->dw = dw, c->dgamma = dgamma, c->dbeta = dbeta;
        return;
    }
    check_close("block", trained, c->trained, c->pooled_count, 1e-4);
    // Which of two nearly equal values wins a window may differ, so gradients are only looked at for sanity.
    for (int64_t i = 0; i < c->weights; i++)
        if (!isfinite(dw[i])) check_fail("block dw[%lld]", (long long)i);
    for (int64_t i = 0; dx && i < c->in; i++)
        if (!isfinite(dx[i])) check_fail("block dx[%lld]", (long long)i);
    check_close("block dbeta", dbeta, c->dbeta, c->channels, 0.2);
}

void check_convolution_block(void) {
    block_case c = {.block = {.convolution = random_shape()}};
    ser_convolution_shape *s = &c.block.convolution;
    s->groups = 1;
    int64_t height = out_height(s), width = out_width(s);
    c.block.pool_height = check_between(1, height < 3 ? height : 3);
    c.block.pool_width = check_between(1, width < 3 ? width : 3);
    c.block.relu = check_coin();
    c.block.pooled_channels_last = check_coin();
    c.block.constant_input = check_coin();
    c.channels = s->out_channels;
    c.in = s->batch * s->in_channels * s->height * s->width;
    c.weights = s->out_channels * s->in_channels * s->kernel_height * s->kernel_width;
    c.pooled_count = s->batch * s->out_channels * (height / c.block.pool_height) * (width / c.block.pool_width);
    c.x = check_random(c.in);
    c.w = check_random(c.weights);
    c.bias = check_coin() ? check_random(c.channels) : NULL;
    c.gamma = check_random(c.channels);
    c.beta = check_random(c.channels);
    c.dpooled = check_random(c.pooled_count);
    check_case("block %lldx%lldx%lldx%lld to %lld, kernel %lldx%lld, pool %lldx%lld, last %d", (long long)s->batch,
               (long long)s->in_channels, (long long)s->height, (long long)s->width, (long long)s->out_channels,
               (long long)s->kernel_height, (long long)s->kernel_width, (long long)c.block.pool_height,
               (long long)c.block.pool_width, s->channels_last);
    check_each_way(run_block, &c);
}
