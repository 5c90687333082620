// SPDX-License-Identifier: Apache-2.0

#include "check.h"
#include "ser_recurrent.h"

// One direction of one recurrent layer, forward and backward. Its plain form is checked against the equations.
typedef struct {
    ser_recurrent_shape shape;
    ser_recurrent_weights weights;
    int64_t gates, packed_size;
    const float *x, *h0, *c0, *dy, *dh;
    float *y, *h, *dx, *dw_ih, *dw_hh, *db_ih, *db_hh;
} recurrent_case;

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/// The states of one row, by PyTorch's equations in double precision.
static void naive_row(const recurrent_case *r, int64_t row, float *y) {
    const ser_recurrent_shape *s = &r->shape;
    int64_t hidden = s->hidden, length = s->lengths ? s->lengths[row] : s->steps;
    double h[64], c[64], ih[256], hh[256];
    for (int64_t j = 0; j < hidden; j++) {
        h[j] = r->h0 ? r->h0[row * hidden + j] : 0;
        c[j] = r->c0 ? r->c0[row * hidden + j] : 0;
    }
    memset(y, 0, (size_t)(s->steps * hidden) * sizeof(float));
    for (int64_t step = 0; step < length; step++) {
        int64_t t = s->reverse ? length - 1 - step : step;
        for (int64_t g = 0; g < r->gates * hidden; g++) {
            ih[g] = r->weights.bias_ih ? r->weights.bias_ih[g] : 0;
            hh[g] = r->weights.bias_hh ? r->weights.bias_hh[g] : 0;
            for (int64_t i = 0; i < s->inputs; i++) {
                ih[g] += (double)r->weights.weight_ih[g * s->inputs + i] * r->x[(row * s->steps + t) * s->inputs + i];
            }
            for (int64_t i = 0; i < hidden; i++) hh[g] += r->weights.weight_hh[g * hidden + i] * h[i];
        }
        for (int64_t j = 0; j < hidden; j++) {
            double a = ih[j] + hh[j];
            if (s->kind == SER_RECURRENT_TANH) h[j] = tanh(a);
            if (s->kind == SER_RECURRENT_RELU) h[j] = a > 0 ? a : 0;
            if (s->kind == SER_RECURRENT_LSTM) {
                double f = ih[hidden + j] + hh[hidden + j], g = ih[2 * hidden + j] + hh[2 * hidden + j];
                c[j] = sigmoid(f) * c[j] + sigmoid(a) * tanh(g);
                h[j] = sigmoid(ih[3 * hidden + j] + hh[3 * hidden + j]) * tanh(c[j]);
            }
            if (s->kind == SER_RECURRENT_GRU) {
                double z = sigmoid(ih[hidden + j] + hh[hidden + j]);
                h[j] = (1 - z) * tanh(ih[2 * hidden + j] + sigmoid(a) * hh[2 * hidden + j]) + z * h[j];
            }
            y[t * hidden + j] = (float)h[j];
        }
    }
}

static void run(int number, void *context) {
    recurrent_case *r = context;
    const ser_recurrent_shape *s = &r->shape;
    int64_t states = s->batch * s->hidden, outputs = states * s->steps, rows = r->gates * s->hidden;
    float *packed = check_floats(r->packed_size), *saved = check_floats(ser_recurrent_saved_size(s));
    float *y = check_floats(outputs), *h = check_floats(states), *c = check_floats(states);
    ser_recurrent_pack(s, &r->weights, packed);
    ser_recurrent_forward_arguments forward = {
        .packed = packed,
        .x = r->x,
        .h0 = r->h0,
        .c0 = r->c0,
        .y = y,
        .y_stride = s->hidden,
        .h_last = h,
        .h_last_stride = s->hidden,
        .c_last = s->kind == SER_RECURRENT_LSTM ? c : NULL,
        .saved = r->h0 ? NULL : saved,
    };
    if (!ser_recurrent_forward(s, &r->weights, &forward)) check_fail("no memory");
    float *dx = check_floats(s->batch * s->steps * s->inputs);
    float *dw_ih = check_floats(rows * s->inputs), *dw_hh = check_floats(rows * s->hidden);
    float *db_ih = check_floats(rows), *db_hh = check_floats(rows);
    ser_recurrent_backward_arguments backward = {
        .saved = saved,
        .dy = r->dy,
        .dy_stride = s->hidden,
        .dh_last = r->dh,
        .dh_last_stride = s->hidden,
        .dx = dx,
        .dweight_ih = dw_ih,
        .dweight_hh = dw_hh,
        .dbias_ih = db_ih,
        .dbias_hh = db_hh,
    };
    // A first state is for inference alone.
    if (!r->h0 && !ser_recurrent_backward(s, &r->weights, &backward)) check_fail("no memory");
    // Inference, which saves nothing and packs for itself, takes other ways.
    float *inferred = check_floats(outputs);
    ser_recurrent_forward_arguments inference = {
        .x = r->x,
        .h0 = r->h0,
        .c0 = r->c0,
        .y = inferred,
        .y_stride = s->hidden,
        .h_last_stride = s->hidden,
    };
    if (!ser_recurrent_forward(s, &r->weights, &inference)) check_fail("no memory");
    check_close("inferred states", inferred, y, outputs, 1e-5);
    if (number == 0) {
        float *expected = check_floats(s->steps * s->hidden);
        for (int64_t row = 0; row < s->batch; row++) {
            naive_row(r, row, expected);
            check_close("states", y + row * s->steps * s->hidden, expected, s->steps * s->hidden, 1e-4);
        }
        r->y = y, r->h = h, r->dx = dx, r->dw_ih = dw_ih, r->dw_hh = dw_hh, r->db_ih = db_ih, r->db_hh = db_hh;
        return;
    }
    check_close("states", y, r->y, outputs, 1e-4);
    check_close("last states", h, r->h, states, 1e-4);
    if (r->h0) return;
    check_close("dx", dx, r->dx, s->batch * s->steps * s->inputs, 1e-3);
    check_close("dweight_ih", dw_ih, r->dw_ih, rows * s->inputs, 1e-3);
    check_close("dweight_hh", dw_hh, r->dw_hh, rows * s->hidden, 1e-3);
    check_close("dbias_ih", db_ih, r->db_ih, rows, 1e-3);
    check_close("dbias_hh", db_hh, r->db_hh, rows, 1e-3);
}

static float *weak(int64_t count, double scale) {
    float *x = check_random(count);
    for (int64_t i = 0; i < count; i++) x[i] *= (float)scale;
    return x;
}

void check_recurrent(void) {
    static const int64_t gates[] = {1, 1, 4, 3};
    recurrent_case r = {.shape = {.kind = (int32_t)check_between(0, 3),
                                  .reverse = check_coin(),
                                  .batch = check_between(1, 35),
                                  .steps = check_between(1, 12),
                                  .inputs = check_between(1, 40),
                                  .hidden = check_between(1, 50)}};
    ser_recurrent_shape *s = &r.shape;
    r.gates = gates[s->kind];
    s->lengths = check_lengths(s->batch, s->steps);
    int64_t rows = r.gates * s->hidden;
    double scale = 1 / sqrt((double)s->hidden);
    r.weights.weight_ih = weak(rows * s->inputs, scale);
    r.weights.weight_hh = weak(rows * s->hidden, scale);
    if (check_coin()) {
        r.weights.bias_ih = weak(rows, scale);
        r.weights.bias_hh = weak(rows, scale);
    }
    r.x = check_random(s->batch * s->steps * s->inputs);
    if (check_coin()) {
        r.h0 = check_random(s->batch * s->hidden);
        if (s->kind == SER_RECURRENT_LSTM) r.c0 = check_random(s->batch * s->hidden);
    }
    r.dy = check_random(s->batch * s->steps * s->hidden);
    r.dh = check_random(s->batch * s->hidden);
    r.packed_size = ser_recurrent_packed_size(s);
    check_case("recurrent, kind %d, batch %lld, steps %lld, inputs %lld, hidden %lld, lengths %d, reverse %d", s->kind,
               (long long)s->batch, (long long)s->steps, (long long)s->inputs, (long long)s->hidden, s->lengths != NULL,
               s->reverse);
    check_each_way(run, &r);
}
