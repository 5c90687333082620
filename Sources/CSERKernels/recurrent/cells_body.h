// SPDX-License-Identifier: Apache-2.0
// The element-wise part of one step of each recurrent layer, forward and backward: gates, state, and their derivatives.
// Equations as in PyTorch's documentation of LSTM, GRU and RNN. Compiled once for each instruction set.
#include "cells.h"
#include "../simd/vector_math.h"

enum { LANES = SER_LANES };
// The streams of a row come from one pointer: without the promise a run-time check that always fails hides the vector
// loop.
#define SER_UNITS_LOOP                                                                                                 \
    _Pragma("clang loop vectorize(assume_safety) vectorize_width(LANES) interleave_count(1)") for (int64_t j = 0;      \
                                                                                                   j < count; j++)

// The gates' own sigmoid: 1 / its denominator. Beyond 43 it stays at 2e-19 and 1, which spares the cases of overflow
// and lets two quotients share a division.
SER_INLINE float sigmoid_denominator(float x) {
    float bounded = x > 43.0f ? 43.0f : x;
    bounded = bounded < -43.0f ? -43.0f : bounded;
    float shifted = SER_POWER_ROUNDER - bounded * 1.44269504f;
    float r = bounded + (shifted - SER_POWER_ROUNDER) * 0.693147181f;
    float p = -0.00831250101f;
    p = p * r + 0.0418903306f;
    p = p * r - 0.166671157f;
    p = p * r + 0.499992311f;
    p = p * r - 1.0f;
    p = p * r + 1.0f;
    return p * ser_float_of_bits(ser_bits_of_float(shifted) << 23) + 1.0f;
}

SER_INLINE void two_sigmoids(float a, float b, float *first, float *second) {
    float da = sigmoid_denominator(a), db = sigmoid_denominator(b), inverse = 1.0f / (da * db);
    *first = inverse * db;
    *second = inverse * da;
}

SER_INLINE void sigmoid_and_tanh(float a, float b, float *sigmoid, float *tanh) {
    float da = sigmoid_denominator(a), nb, db;
    ser_tanhf_fraction(b, &nb, &db);
    float inverse = 1.0f / (da * db);
    *sigmoid = inverse * db;
    *tanh = nb * (inverse * da);
}

// Row: i, f, g, o, each replaced by its activation.
static void lstm_forward(const ser_cell_forward *s) {
    const int64_t units = s->units, count = s->count;
    for (int64_t r = 0; r < s->rows; r++) {
        float *gates = s->gates + r * s->ld_gates, *cell = s->cell + r * s->ld_cell;
        float *hidden = s->hidden + r * s->ld_hidden;
        const float *before = s->before + r * s->ld_before;
        SER_UNITS_LOOP {
            float i, f, g, o;
            two_sigmoids(gates[j], gates[units + j], &i, &f);
            sigmoid_and_tanh(gates[3 * units + j], gates[2 * units + j], &o, &g);
            float c = f * before[j] + i * g;
            gates[j] = i;
            gates[units + j] = f;
            gates[2 * units + j] = g;
            gates[3 * units + j] = o;
            cell[j] = c;
            hidden[j] = o * ser_tanhf_approx(c);
        }
    }
}

// tanh of the cell state is computed again: cheaper than writing and reading it over the whole sequence.
static void lstm_backward(const ser_cell_backward *s) {
    const int64_t units = s->units, count = s->units;
    for (int64_t r = 0; r < s->rows; r++) {
        const float *gates = s->gates + r * s->ld_gates, *before = s->before + r * s->ld_before;
        const float *hidden_gradient = s->hidden_gradient + r * units;
        float *cell_gradient = s->cell_gradient + r * units, *out = s->out + r * s->ld_out;
        SER_UNITS_LOOP {
            float i = gates[j], f = gates[units + j], g = gates[2 * units + j], o = gates[3 * units + j];
            float t = ser_tanhf_approx(gates[4 * units + j]), dh = hidden_gradient[j];
            float dc = cell_gradient[j] + dh * o * (1.0f - t * t);
            out[j] = dc * g * i * (1.0f - i);
            out[units + j] = dc * before[j] * f * (1.0f - f);
            out[2 * units + j] = dc * i * (1.0f - g * g);
            out[3 * units + j] = dh * t * o * (1.0f - o);
            cell_gradient[j] = dc * f;
        }
    }
}

// Row: r, z, q = W_hn h + b_hn, and W_in x + b_in, which n = tanh(that + r q) replaces.
static void gru_forward(const ser_cell_forward *s) {
    const int64_t units = s->units, count = s->count;
    for (int64_t row = 0; row < s->rows; row++) {
        float *gates = s->gates + row * s->ld_gates, *hidden = s->hidden + row * s->ld_hidden;
        const float *before = s->before + row * s->ld_before;
        SER_UNITS_LOOP {
            float r, z;
            two_sigmoids(gates[j], gates[units + j], &r, &z);
            float n = ser_tanhf_approx(gates[3 * units + j] + r * gates[2 * units + j]);
            gates[j] = r;
            gates[units + j] = z;
            gates[3 * units + j] = n;
            hidden[j] = n + z * (before[j] - n);
        }
    }
}

// Out: gradients of q, r, z, n's argument, in this order: the first three meet W_hh, the last three W_ih.
static void gru_backward(const ser_cell_backward *s) {
    const int64_t units = s->units, count = s->units;
    for (int64_t row = 0; row < s->rows; row++) {
        const float *gates = s->gates + row * s->ld_gates, *before = s->before + row * s->ld_before;
        float *hidden_gradient = s->hidden_gradient + row * units, *out = s->out + row * s->ld_out;
        SER_UNITS_LOOP {
            float r = gates[j], z = gates[units + j], q = gates[2 * units + j], n = gates[3 * units + j];
            float dh = hidden_gradient[j];
            float dn = dh * (1.0f - z) * (1.0f - n * n);
            out[j] = dn * r;
            out[units + j] = dn * q * r * (1.0f - r);
            out[2 * units + j] = dh * (before[j] - n) * z * (1.0f - z);
            out[3 * units + j] = dn;
            hidden_gradient[j] = dh * z;
        }
    }
}

static void tanh_forward(const ser_cell_forward *s) {
    const int64_t count = s->count;
    for (int64_t r = 0; r < s->rows; r++) {
        float *gates = s->gates + r * s->ld_gates, *hidden = s->hidden + r * s->ld_hidden;
        SER_UNITS_LOOP gates[j] = hidden[j] = ser_tanhf_approx(gates[j]);
    }
}

static void tanh_backward(const ser_cell_backward *s) {
    const int64_t count = s->units;
    for (int64_t r = 0; r < s->rows; r++) {
        const float *gates = s->gates + r * s->ld_gates, *hidden_gradient = s->hidden_gradient + r * s->units;
        float *out = s->out + r * s->ld_out;
        SER_UNITS_LOOP out[j] = hidden_gradient[j] * (1.0f - gates[j] * gates[j]);
    }
}

static void relu_forward(const ser_cell_forward *s) {
    const int64_t count = s->count;
    for (int64_t r = 0; r < s->rows; r++) {
        float *gates = s->gates + r * s->ld_gates, *hidden = s->hidden + r * s->ld_hidden;
        SER_UNITS_LOOP gates[j] = hidden[j] = gates[j] < 0.0f ? 0.0f : gates[j];  // this way round NaN stays NaN
    }
}

static void relu_backward(const ser_cell_backward *s) {
    const int64_t count = s->units;
    for (int64_t r = 0; r < s->rows; r++) {
        const float *gates = s->gates + r * s->ld_gates, *hidden_gradient = s->hidden_gradient + r * s->units;
        float *out = s->out + r * s->ld_out;
        SER_UNITS_LOOP out[j] = gates[j] <= 0.0f ? 0.0f : hidden_gradient[j];
    }
}

const ser_cells_kernels SER_TABLE(cells) = {
    .lstm_forward = lstm_forward,
    .gru_forward = gru_forward,
    .tanh_forward = tanh_forward,
    .relu_forward = relu_forward,
    .lstm_backward = lstm_backward,
    .gru_backward = gru_backward,
    .tanh_backward = tanh_backward,
    .relu_backward = relu_backward,
};
