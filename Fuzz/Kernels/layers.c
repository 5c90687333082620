// SPDX-License-Identifier: Apache-2.0

#include "check.h"
#include "ser_attention.h"
#include "ser_memory.h"
#include "ser_normalization.h"
#include "ser_parallel.h"
#include "ser_pooling.h"
#include "ser_random.h"

// Pooling, normalisation, dropout, attention, the pool of memory and the loops, against the simplest that can be
// written.

typedef struct {
    ser_pooling pooling;
    int64_t in, out;
    const float *x, *dy;
    float *y;
} pooling_case;

static void run_pooling(int number, void *context) {
    pooling_case *p = context;
    float *y = check_floats(p->out), *dx = check_floats(p->in);
    float *average = check_floats(p->out), *da = check_floats(p->in);
    int32_t *winners = check_integers(p->out);
    ser_pooling_max(&p->pooling, p->x, y, winners);
    memset(dx, 0, (size_t)p->in * sizeof(float));
    ser_pooling_max_backward(&p->pooling, winners, p->dy, dx);
    ser_pooling_average(&p->pooling, p->x, average);
    memset(da, 0, (size_t)p->in * sizeof(float));
    ser_pooling_average_backward(&p->pooling, p->dy, da);
    for (int64_t i = 0; i < p->in; i++)
        if (!isfinite(dx[i] + da[i])) check_fail("a gradient is not finite");
    if (number == 0)
        p->y = y;
    else
        check_equal("pooled", y, p->y, p->out * (int64_t)sizeof(float));
}

void check_pooling(void) {
    pooling_case c = {.pooling = {.outer = check_between(1, 6),
                                  .height = check_between(1, 9),
                                  .width = check_between(1, 30),
                                  .inner = check_coin() ? 1 : check_between(1, 20),
                                  .window_height = check_between(1, 3),
                                  .window_width = check_between(1, 4),
                                  .stride_height = check_between(1, 3),
                                  .stride_width = check_between(1, 3),
                                  .per_row = 1,
                                  .counts_padding = check_coin()}};
    ser_pooling *p = &c.pooling;
    // Padding of at most half the window, as the layers have it.
    p->pad_top = check_between(0, p->window_height / 2), p->pad_bottom = check_between(0, p->window_height / 2);
    p->pad_left = check_between(0, p->window_width / 2), p->pad_right = check_between(0, p->window_width / 2);
    p->widths = check_lengths(p->outer, p->width);
    int64_t height = ser_pooling_out_height(p), width = ser_pooling_out_width(p);
    if (height <= 0 || width <= 0) return;
    c.in = p->outer * p->height * p->width * p->inner;
    c.out = p->outer * height * width * p->inner;
    c.x = check_random(c.in);
    c.dy = check_random(c.out);
    check_case("pooling %lldx%lldx%lldx%lld, window %lldx%lld, stride %lldx%lld", (long long)p->outer,
               (long long)p->height, (long long)p->width, (long long)p->inner, (long long)p->window_height,
               (long long)p->window_width, (long long)p->stride_height, (long long)p->stride_width);
    check_each_way(run_pooling, &c);
}

typedef struct {
    ser_batch_values values;
    int64_t count;
    const float *x, *gamma, *beta, *dy;
    float *y, *dx;
} batch_case;

static void run_batch(int number, void *context) {
    batch_case *c = context;
    float *mean = check_floats(c->values.channels), *variance = check_floats(c->values.channels);
    float *y = check_floats(c->count), *dx = check_floats(c->count);
    float *dgamma = check_floats(c->values.channels), *dbeta = check_floats(c->values.channels);
    ser_batch_moments(&c->values, c->x, mean, variance);
    ser_batch_normalize(&c->values, c->x, c->gamma, c->beta, mean, variance, 1e-2f, y);
    ser_batch_normalize_backward(&c->values, c->x, c->gamma, mean, variance, 1e-2f, 0, c->dy, dx, dgamma, dbeta);
    if (number == 0) {
        c->y = y, c->dx = dx;
        return;
    }
    check_close("normalised", y, c->y, c->count, 1e-5);
    check_close("dx", dx, c->dx, c->count, 1e-4);
}

static void check_layer_normalization(void) {
    int64_t rows = check_between(1, 20), features = check_between(1, 70);
    const float *x = check_random(rows * features), *gamma = check_random(features), *beta = check_random(features);
    float *y = check_floats(rows * features), *statistics = check_floats(2 * rows), *dx = check_floats(rows * features);
    float *dgamma = check_floats(features), *dbeta = check_floats(features);
    ser_layer_normalize(rows, features, x, gamma, beta, 1e-2f, y, statistics);
    ser_layer_normalize_backward(rows, features, x, gamma, statistics, x, dx, dgamma, dbeta);
    float *expected = check_floats(rows * features);
    for (int64_t r = 0; r < rows; r++) {
        double mean = 0, variance = 0;
        for (int64_t i = 0; i < features; i++) mean += x[r * features + i] / (double)features;
        for (int64_t i = 0; i < features; i++) variance += pow(x[r * features + i] - mean, 2) / (double)features;
        for (int64_t i = 0; i < features; i++) {
            double normal = (x[r * features + i] - mean) / sqrt(variance + 1e-2);
            expected[r * features + i] = (float)(gamma[i] * normal + beta[i]);
        }
    }
    check_close("normalised rows", y, expected, rows * features, 1e-4);
}

void check_normalization(void) {
    check_layer_normalization();
    batch_case c = {.values = {.batch = check_between(1, 4),
                               .channels = check_between(1, 20),
                               .height = check_between(1, 6),
                               .width = check_between(1, 30),
                               .channels_last = check_coin()}};
    c.values.widths = check_lengths(c.values.batch, c.values.width);
    c.count = c.values.batch * c.values.channels * c.values.height * c.values.width;
    c.x = check_random(c.count);
    c.dy = check_random(c.count);
    c.gamma = check_random(c.values.channels);
    c.beta = check_random(c.values.channels);
    check_each_way(run_batch, &c);
}

void check_dropout(void) {
    int64_t count = check_between(1, 2000), first = 256 * check_between(0, 4);
    uint64_t key = (uint64_t)check_between(0, INT64_MAX - 1);
    const float *x = check_random(count);
    float *y = check_floats(count), *dx = check_floats(count);
    uint8_t *kept = check_bytes(count);
    ser_dropout(y, kept, x, first, count, key, 20000, 2);
    ser_dropout_backward(dx, x, kept, count, 2, false);
    for (int64_t i = 0; i < count; i++) {
        float expected = kept[i] ? 2 * x[i] : 0;
        if (kept[i] > 1 || y[i] != expected || dx[i] != expected) check_fail("element %lld", (long long)i);
    }
    float *uniform = check_floats(count);
    ser_random_uniform(uniform, count, key);
    for (int64_t i = 0; i < count; i++) {
        if (!(uniform[i] >= 0 && uniform[i] < 1)) check_fail("a draw of %g", uniform[i]);
    }
}

void check_attention(void) {
    int64_t queries = check_between(1, 12), keys = check_between(1, 12), units = check_between(1, 40);
    int64_t valid = check_between(0, keys);
    const float *q = check_random(queries * units), *k = check_random(keys * units), *v = check_random(units);
    float *scores = check_floats(queries * keys), *expected = check_floats(queries * keys);
    ser_additive_scores(scores, q, k, v, queries, keys, valid, units);
    for (int64_t t = 0; t < queries; t++) {
        for (int64_t s = 0; s < keys; s++) {
            double sum = 0;
            for (int64_t u = 0; u < units && s < valid; u++) {
                sum += v[u] * tanh((double)q[t * units + u] + k[s * units + u]);
            }
            expected[t * keys + s] = (float)sum;
        }
    }
    check_close("scores", scores, expected, queries * keys, 1e-5);
    float *dq = check_floats(queries * units), *dk = check_floats(keys * units), *dv = check_floats(units);
    ser_additive_scores_backward(dq, dk, dv, scores, q, k, v, queries, keys, valid, units);
    for (int64_t i = 0; i < units; i++)
        if (!isfinite(dv[i])) check_fail("dv[%lld] is not finite", (long long)i);
}

typedef struct {
    int64_t count;
    _Atomic int64_t *calls;
} loop_case;

static void piece(void *context, int64_t index) {
    loop_case *loop = context;
    size_t bytes = (size_t)(index % 7 + 1) * 3000;
    uint8_t *block = ser_allocate(bytes);
    if (!block || (uintptr_t)block % 64) check_fail("a block at %p", (void *)block);
    memset(block, (int)index, bytes);
    loop->calls[index]++;
    if (block[bytes - 1] != (uint8_t)index) check_fail("a block is shared");
    ser_free(block, bytes);
}

void check_memory(void) {
    loop_case loop = {.count = check_between(0, 300)};
    loop.calls = check_bytes(loop.count * 8);
    memset((void *)loop.calls, 0, (size_t)loop.count * 8);
    ser_set_threads((int32_t)check_between(1, 6));
    ser_parallel_for(loop.count, piece, &loop);
    for (int64_t i = 0; i < loop.count; i++)
        if (loop.calls[i] != 1) check_fail("piece %lld", (long long)i);
}
