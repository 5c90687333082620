// SPDX-License-Identifier: Apache-2.0

#include "steps.h"
#include <string.h>

void ser_multiply_parts(const ser_forward_call *f, ser_operands which, int64_t rows, const float *x, float *gates,
                        int64_t first, int64_t count, const float *next, int64_t next_count) {
    const ser_recurrent_layout *l = &f->layout;
    for (int64_t i = 0; i < l->parts; i++) {
        const ser_recurrent_part *part = &l->part[i];
        if (which == SER_INPUT_ONLY ? !part->input : which == SER_STATE_ONLY ? !part->state : 0) continue;
        const int from_input = !part->state || which == SER_INPUT_ONLY;
        const int64_t state = part->state ? l->units : 0, input = part->input ? l->shape.inputs : 0;
        const int64_t all = state + input;
        // All units of all gates lie side by side; some of them are a product for each gate.
        const int64_t width = count == l->units ? part->columns : count, stride = count == l->units ? width : l->units;
        for (int64_t column = first; column < part->columns; column += stride) {
            ser_product g = {.m = rows,
                             .n = width,
                             .k = which == SER_INPUT_ONLY   ? input
                                  : which == SER_STATE_ONLY ? state
                                                            : all,
                             .a = x + (from_input ? l->units : 0),
                             .row_step = l->ldx,
                             .k_step = 1,
                             .p = f->packed + part->packed + column * all + (from_input ? state * SER_PANEL : 0),
                             .ldp = SER_PANEL,
                             .panel_step = all * SER_PANEL,
                             .c = gates + part->column + column,
                             .ldc = l->ldg,
                             .start = which == SER_STATE_ONLY && part->input ? SER_START_C : SER_START_BIAS,
                             .bias = f->packed + l->bias + part->column + column,
                             .next = i == 0 ? next : NULL,
                             .next_count = next_count};
            f->gemm->multiply(&g);
        }
    }
}

void ser_copy_state(float *to, const float *from, int64_t hidden, int64_t units) {
    if (from) memcpy(to, from, (size_t)hidden * sizeof *to);
    int64_t valid = from ? hidden : 0;
    memset(to + valid, 0, (size_t)(units - valid) * sizeof *to);
}

void ser_gather_inputs(const ser_forward_call *f, const ser_recurrent_chunk *c, int64_t s0, int64_t s1, float *x) {
    const ser_recurrent_layout *l = &f->layout;
    const int64_t inputs = l->shape.inputs;
    float *out = x + l->units;
    for (int64_t s = s0; s < s1; s++) {
        for (int64_t r = 0; r < c->active[s]; r++, out += l->ldx) {
            int64_t time = ser_recurrent_time(l, c, r, s);
            memcpy(out, f->arguments->x + (c->batch[r] * l->shape.steps + time) * inputs, (size_t)inputs * sizeof *out);
            memset(out + inputs, 0, (size_t)(l->ldx - l->units - inputs) * sizeof *out);
        }
    }
}

void ser_scatter_states(const ser_forward_call *f, const ser_recurrent_chunk *c, int64_t s, const float *hidden,
                        const float *cell, int64_t ld_cell) {
    const ser_recurrent_layout *l = &f->layout;
    const ser_recurrent_forward_arguments *a = f->arguments;
    const size_t bytes = (size_t)l->shape.hidden * sizeof(float);
    for (int64_t r = 0; r < c->active[s]; r++) {
        int64_t b = c->batch[r];
        const float *h = hidden + r * l->ldx;
        if (a->y) memcpy(a->y + (b * l->shape.steps + ser_recurrent_time(l, c, r, s)) * a->y_stride, h, bytes);
        if (r < c->active[s + 1]) continue;
        if (a->h_last) memcpy(a->h_last + b * a->h_last_stride, h, bytes);
        if (a->c_last && cell) memcpy(a->c_last + b * l->shape.hidden, cell + r * ld_cell, bytes);
    }
}

void ser_finish_rows(const ser_forward_call *f, const ser_recurrent_chunk *c) {
    const ser_recurrent_forward_arguments *a = f->arguments;
    const int64_t hidden = f->layout.shape.hidden, steps = f->layout.shape.steps;
    for (int64_t r = 0; r < c->rows; r++) {
        int64_t b = c->batch[r];
        for (int64_t t = c->lengths[r]; a->y && t < steps; t++)
            memset(a->y + (b * steps + t) * a->y_stride, 0, (size_t)hidden * sizeof(float));
        if (c->lengths[r] > 0) continue;
        const float *h0 = a->h0 ? a->h0 + b * hidden : NULL, *c0 = a->c0 ? a->c0 + b * hidden : NULL;
        if (a->h_last) ser_copy_state(a->h_last + b * a->h_last_stride, h0, hidden, hidden);
        if (a->c_last) ser_copy_state(a->c_last + b * hidden, c0, hidden, hidden);
    }
}

void ser_run_forward_cell(const ser_forward_call *f, const ser_cell_forward *step) {
    switch (f->layout.shape.kind) {
    case SER_RECURRENT_LSTM: f->cells->lstm_forward(step); break;
    case SER_RECURRENT_GRU: f->cells->gru_forward(step); break;
    case SER_RECURRENT_RELU: f->cells->relu_forward(step); break;
    default: f->cells->tanh_forward(step); break;
    }
}
