// SPDX-License-Identifier: Apache-2.0

#include "cells.h"
#include "layout.h"
#include "../gemm/pack.h"
#include "../runtime/denormals.h"
#include "ser_memory.h"
#include "ser_parallel.h"
#include <string.h>

typedef struct {
    ser_recurrent_layout layout;
    ser_recurrent_plan plan;
    const ser_gemm_kernels *gemm;
    const ser_cells_kernels *cells;
    const ser_recurrent_weights *weights;
    const ser_recurrent_backward_arguments *arguments;
    int64_t state_depth, input_depth;  // rows of the two matrices that lead gradients back
    int64_t input_column;              // where the gradients that meet W_ih begin in a row of gradients
    float *packed_state, *packed_input;
    float *partial;  // [groups] gradients of the weights [sums, ldx], then of the biases [sums]
    int64_t partial_size;
    float *scratch;  // [groups] working space
    int64_t scratch_size;
} backward_call;

static int is_gru(const ser_recurrent_layout *l) { return l->shape.kind == SER_RECURRENT_GRU; }

/// Which gate of the weights a column group of the gradients' row belongs to. GRU's groups are q, r, z, n; q is
/// W_hh's n.
static int64_t gate_of_group(const ser_recurrent_layout *l, int64_t group) {
    return !is_gru(l) ? group : group == 0 ? 2 : group - 1;
}

// MARK: Weights

/// One panel of 32 columns of W_hh, then of W_ih: rows are the gradients' columns, padded units zero.
static void pack_panel(void *context, int64_t index) {
    backward_call *f = context;
    const ser_recurrent_layout *l = &f->layout;
    const int64_t hidden = l->shape.hidden, units = l->units, state_panels = units / SER_PANEL;
    int state = index < state_panels;
    int64_t width = state ? hidden : l->shape.inputs, depth = state ? f->state_depth : f->input_depth;
    int64_t column = (state ? index : index - state_panels) * SER_PANEL;
    int64_t columns = width - column < SER_PANEL ? width - column : SER_PANEL;
    const float *from = state ? f->weights->weight_hh : f->weights->weight_ih;
    float *out = (state ? f->packed_state : f->packed_input) + column * depth;
    int64_t first_group = state ? 0 : f->input_column / units;
    for (int64_t group = 0; group < depth / units; group++) {
        int64_t gate = gate_of_group(l, first_group + group);
        ser_pack_panel(out, from + gate * hidden * width + column, width, hidden, columns);
        memset(out + hidden * SER_PANEL, 0, (size_t)((units - hidden) * SER_PANEL) * sizeof *out);
        out += units * SER_PANEL;
    }
}

// MARK: One chunk of rows

typedef struct {
    float *gradients;         // [BLOCK_ROWS, ldd] of the sums of products
    float *hidden, *cell;     // [chunk_rows, units] of the state after the step at hand
    float *input;             // [BLOCK_ROWS, inputs rounded up]
    float *first_cell;        // [chunk_rows, units] the cell state before the first step: zeros
    float *weights, *biases;  // this group's partial gradients
    int fresh;                // nothing has been written to them
} workspace;

/// The state's gradient of rows whose last step this is, and y's gradient at this step.
static void add_outer_gradients(const backward_call *f, const ser_recurrent_chunk *c, int64_t s, workspace *w) {
    const ser_recurrent_layout *l = &f->layout;
    const ser_recurrent_backward_arguments *a = f->arguments;
    const int64_t hidden = l->shape.hidden, units = l->units;
    for (int64_t r = c->active[s + 1]; r < c->active[s]; r++) {
        float *dh = w->hidden + r * units;
        memset(dh, 0, (size_t)units * sizeof *dh);
        memset(w->cell + r * units, 0, (size_t)units * sizeof *dh);
        if (a->dh_last) memcpy(dh, a->dh_last + c->batch[r] * a->dh_last_stride, (size_t)hidden * sizeof *dh);
    }
    for (int64_t r = 0; a->dy && r < c->active[s]; r++) {
        float *restrict dh = w->hidden + r * units;
        const int64_t place = c->batch[r] * l->shape.steps + ser_recurrent_time(l, c, r, s);
        const float *restrict dy = a->dy + place * a->dy_stride;
        for (int64_t j = 0; j < hidden; j++) dh[j] += dy[j];
    }
}

static void run_cell(const backward_call *f, const ser_cell_backward *step) {
    switch (f->layout.shape.kind) {
    case SER_RECURRENT_LSTM: f->cells->lstm_backward(step); break;
    case SER_RECURRENT_GRU: f->cells->gru_backward(step); break;
    case SER_RECURRENT_RELU: f->cells->relu_backward(step); break;
    default: f->cells->tanh_backward(step); break;
    }
}

static void step_back(const backward_call *f, const ser_recurrent_chunk *c, int64_t s, const float *x_rows,
                      const float *gate_rows, float *gradients, workspace *w) {
    const ser_recurrent_layout *l = &f->layout;
    const int64_t rows = c->active[s], units = l->units;
    add_outer_gradients(f, c, s, w);
    ser_cell_backward step = {.rows = rows,
                              .units = units,
                              .gates = gate_rows + c->first[s] * l->ldg,
                              .ld_gates = l->ldg,
                              .hidden_gradient = w->hidden,
                              .cell_gradient = w->cell,
                              .out = gradients,
                              .ld_out = l->ldd};
    if (l->shape.kind == SER_RECURRENT_LSTM) {
        step.before = s == 0 ? w->first_cell : gate_rows + c->first[s - 1] * l->ldg + 4 * units;
        step.ld_before = s == 0 ? units : l->ldg;
    } else {
        step.before = x_rows + c->first[s] * l->ldx;
        step.ld_before = l->ldx;
    }
    run_cell(f, &step);
    if (s == 0) return;
    ser_product g = {.m = rows,
                     .n = units,
                     .k = f->state_depth,
                     .a = gradients,
                     .row_step = l->ldd,
                     .k_step = 1,
                     .p = f->packed_state,
                     .ldp = SER_PANEL,
                     .panel_step = f->state_depth * SER_PANEL,
                     .c = w->hidden,
                     .ldc = units,
                     .start = is_gru(l) ? SER_START_C : SER_START_ZERO};
    // An LSTM's step reads the cell state of the step before it, so two steps' rows are under way.
    if (s > 1) {
        g.next = gate_rows + c->first[s - 2] * l->ldg;
        g.next_count = c->active[s - 2] * l->ldg;
    }
    f->gemm->multiply(&g);
}

/// dW[column ..< column + columns, parts of X's row] (+)= gradients^T X over a block of packed rows.
static void add_weight_gradient(const backward_call *f, const workspace *w, int64_t rows, int64_t column,
                                int64_t columns, int64_t from, int64_t width, const float *x) {
    const ser_recurrent_layout *l = &f->layout;
    ser_product g = {.m = columns,
                     .n = (width + 15) / 16 * 16,
                     .k = rows,
                     .a = w->gradients + column,
                     .row_step = 1,
                     .k_step = l->ldd,
                     .p = x + from,
                     .ldp = l->ldx,
                     .panel_step = SER_PANEL,
                     .c = w->weights + column * l->ldx + from,
                     .ldc = l->ldx,
                     .start = w->fresh ? SER_START_ZERO : SER_START_C};
    f->gemm->multiply(&g);
}

static void add_parameter_gradients(const backward_call *f, workspace *w, int64_t rows, const float *x) {
    const ser_recurrent_layout *l = &f->layout;
    const int64_t units = l->units, inputs = l->shape.inputs;
    if (is_gru(l)) {
        add_weight_gradient(f, w, rows, 0, units, 0, units, x);
        add_weight_gradient(f, w, rows, units, 2 * units, 0, units + inputs, x);
        add_weight_gradient(f, w, rows, 3 * units, units, units, inputs, x);
    } else {
        add_weight_gradient(f, w, rows, 0, l->sums, 0, units + inputs, x);
    }
    if (w->fresh) memset(w->biases, 0, (size_t)l->sums * sizeof *w->biases);
    f->gemm->add_rows(w->biases, w->gradients, l->ldd, rows, l->sums);
    w->fresh = 0;
}

/// dx of the steps of a block: one product for all of them, then each row to its place.
static void lead_to_inputs(const backward_call *f, const ser_recurrent_chunk *c, int64_t s0, int64_t s1, workspace *w) {
    const ser_recurrent_layout *l = &f->layout;
    const int64_t inputs = l->shape.inputs, ld = (inputs + 15) / 16 * 16;
    ser_product g = {.m = c->first[s1] - c->first[s0],
                     .n = ld,
                     .k = f->input_depth,
                     .a = w->gradients + f->input_column,
                     .row_step = l->ldd,
                     .k_step = 1,
                     .p = f->packed_input,
                     .ldp = SER_PANEL,
                     .panel_step = f->input_depth * SER_PANEL,
                     .c = w->input,
                     .ldc = ld,
                     .start = SER_START_ZERO};
    f->gemm->multiply(&g);
    const float *from = w->input;
    for (int64_t s = s0; s < s1; s++) {
        for (int64_t r = 0; r < c->active[s]; r++, from += ld) {
            float *to = f->arguments->dx + (c->batch[r] * l->shape.steps + ser_recurrent_time(l, c, r, s)) * inputs;
            if (f->arguments->add_dx)
                for (int64_t j = 0; j < inputs; j++) to[j] += from[j];
            else
                memcpy(to, from, (size_t)inputs * sizeof *to);
        }
    }
}

/// Zeros for the gradients of the inputs past a row's length.
static void finish_rows(const backward_call *f, const ser_recurrent_chunk *c) {
    const ser_recurrent_backward_arguments *a = f->arguments;
    const int64_t inputs = f->layout.shape.inputs, steps = f->layout.shape.steps;
    for (int64_t r = 0; a->dx && !a->add_dx && r < c->rows; r++) {
        float *from = a->dx + (c->batch[r] * steps + c->lengths[r]) * inputs;
        memset(from, 0, (size_t)((steps - c->lengths[r]) * inputs) * sizeof *from);
    }
}

static void backward_chunk(const backward_call *f, int64_t index, workspace *w) {
    const ser_recurrent_layout *l = &f->layout;
    const ser_recurrent_chunk *c = &f->plan.chunks[index];
    const float *x_rows = f->arguments->saved + f->plan.saved[index];
    const float *gate_rows = x_rows + (c->packed_rows + c->rows) * l->ldx;
    for (int64_t s1 = c->steps, s0; s1 > 0; s1 = s0) {
        s0 = s1 - 1;
        while (s0 > 0 && c->first[s1] - c->first[s0 - 1] <= BLOCK_ROWS) s0--;
        for (int64_t s = s1 - 1; s >= s0; s--)
            step_back(f, c, s, x_rows, gate_rows, w->gradients + (c->first[s] - c->first[s0]) * l->ldd, w);
        add_parameter_gradients(f, w, c->first[s1] - c->first[s0], x_rows + c->first[s0] * l->ldx);
        if (f->arguments->dx) lead_to_inputs(f, c, s0, s1, w);
    }
    finish_rows(f, c);
}

/// The chunks of one group, one after the other into the same partial gradients.
static void backward_group(void *context, int64_t group) {
    backward_call *f = context;
    const ser_recurrent_layout *l = &f->layout;
    const int64_t state = l->chunk_rows * l->units;
    uint64_t mode = ser_flush_denormals();
    float *s = f->scratch + group * f->scratch_size, *p = f->partial + group * f->partial_size;
    workspace w = {
        .gradients = s, .hidden = s + BLOCK_ROWS * l->ldd, .weights = p, .biases = p + l->sums * l->ldx, .fresh = 1};
    w.cell = w.hidden + state;
    w.first_cell = w.cell + state;
    w.input = w.first_cell + state;
    memset(w.first_cell, 0, (size_t)state * sizeof *s);
    for (int64_t index = group; index < l->chunks; index += l->groups) backward_chunk(f, index, &w);
    if (w.fresh) memset(p, 0, (size_t)f->partial_size * sizeof *p);
    ser_restore_denormals(mode);
}

// MARK: Sums over groups

/// out[j] = the groups' sums, in the order of the groups.
static void add_groups(const backward_call *f, float *restrict out, const float *from, int64_t n) {
    const float *restrict p = from;
    for (int64_t j = 0; j < n; j++) out[j] = p[j];
    for (int64_t group = 1; group < f->layout.groups; group++) {
        p += f->partial_size;
        for (int64_t j = 0; j < n; j++) out[j] += p[j];
    }
}

/// 32 units of one column group of the gradients' row.
static void reduce_panel(void *context, int64_t index) {
    const backward_call *f = context;
    const ser_recurrent_layout *l = &f->layout;
    const ser_recurrent_backward_arguments *a = f->arguments;
    const int64_t hidden = l->shape.hidden, inputs = l->shape.inputs;
    int64_t column = index * SER_PANEL, group = column / l->units, unit = column % l->units;
    int64_t row = gate_of_group(l, group) * hidden + unit;
    int64_t rows = hidden - unit < SER_PANEL ? hidden - unit : SER_PANEL;
    int state = !is_gru(l) || group < 3, input = !is_gru(l) || group > 0;
    const float *weights = f->partial + column * l->ldx, *biases = f->partial + l->sums * l->ldx + column;
    for (int64_t r = 0; r < rows; r++, weights += l->ldx) {
        if (state && a->dweight_hh) add_groups(f, a->dweight_hh + (row + r) * hidden, weights, hidden);
        if (input && a->dweight_ih) add_groups(f, a->dweight_ih + (row + r) * inputs, weights + l->units, inputs);
    }
    if (state && a->dbias_hh) add_groups(f, a->dbias_hh + row, biases, rows);
    if (input && a->dbias_ih) add_groups(f, a->dbias_ih + row, biases, rows);
}

int32_t ser_recurrent_backward(const ser_recurrent_shape *shape, const ser_recurrent_weights *weights,
                               const ser_recurrent_backward_arguments *arguments) {
    backward_call f = {.layout = ser_recurrent_layout_of(shape),
                       .gemm = ser_gemm_table(),
                       .cells = ser_cells_table(),
                       .weights = weights,
                       .arguments = arguments};
    const ser_recurrent_layout *l = &f.layout;
    f.state_depth = l->gates * l->units;
    f.input_depth = l->gates * l->units;
    f.input_column = is_gru(l) ? l->units : 0;
    int64_t input_panels = arguments->dx ? (shape->inputs + SER_PANEL - 1) / SER_PANEL : 0;
    int64_t state_panels = l->units / SER_PANEL;
    f.partial_size = l->sums * (l->ldx + 1);
    f.scratch_size =
        BLOCK_ROWS * (l->ldd + (arguments->dx ? (shape->inputs + 15) / 16 * 16 : 0)) + 3 * l->chunk_rows * l->units;
    int64_t packed_size = (state_panels + input_panels) * SER_PANEL * f.state_depth;
    const size_t bytes = (size_t)(packed_size + l->groups * (f.partial_size + f.scratch_size)) * sizeof(float);
    if (!ser_recurrent_make_plan(&f.plan, l)) return 0;
    float *memory = ser_allocate(bytes);
    if (memory) {
        f.packed_state = memory;
        f.packed_input = memory + state_panels * SER_PANEL * f.state_depth;
        f.partial = memory + packed_size;
        f.scratch = f.partial + l->groups * f.partial_size;
        ser_parallel_for(state_panels + input_panels, pack_panel, &f);
        ser_parallel_for(l->groups, backward_group, &f);
        ser_parallel_for(l->sums / SER_PANEL, reduce_panel, &f);
        ser_free(memory, bytes);
    }
    ser_recurrent_free_plan(&f.plan);
    return memory != NULL;
}
