#include "recurrent_forward.h"
#include "ser_memory.h"
#include "ser_parallel.h"
#include <string.h>

// MARK: Weights

typedef struct {
    ser_recurrent_layout layout;
    const ser_recurrent_weights *weights;
    float *packed;
} packing;

static float bias_sum(const float *a, const float *b, int64_t i) { return (a ? a[i] : 0.0f) + (b ? b[i] : 0.0f); }

/// One panel: 32 units of one column group of the stored row.
static void pack_panel(void *context, int64_t index) {
    const packing *f = context;
    const ser_recurrent_layout *l = &f->layout;
    const int64_t hidden = l->shape.hidden, inputs = l->shape.inputs, units = l->units;
    int64_t column = index * SER_PANEL, group = column / units, unit = column % units;
    const ser_recurrent_part *part = l->part;
    while (column >= part->column + part->columns) part++;
    // GRU: the third and fourth groups are the state's and the input's half of gate n.
    int64_t gate = group == 3 && l->shape.kind == SER_RECURRENT_GRU ? 2 : group, row = gate * hidden + unit;
    int64_t depth = (part->state ? units : 0) + (part->input ? inputs : 0);
    int64_t columns = hidden - unit < SER_PANEL ? hidden - unit : SER_PANEL;
    float *out = f->packed + part->packed + (column - part->column) * depth;
    if (part->state) {
        ser_pack_panel_transposed(out, f->weights->weight_hh + row * hidden, hidden, hidden, columns);
        memset(out + hidden * SER_PANEL, 0, (size_t)((units - hidden) * SER_PANEL) * sizeof *out);
        out += units * SER_PANEL;
    }
    if (part->input) ser_pack_panel_transposed(out, f->weights->weight_ih + row * inputs, inputs, inputs, columns);
    float *bias = f->packed + l->bias + column;
    for (int64_t j = 0; j < SER_PANEL; j++)
        bias[j] = j >= columns ? 0.0f : bias_sum(part->input ? f->weights->bias_ih : NULL,
                                                 part->state ? f->weights->bias_hh : NULL, row + j);
}

int64_t ser_recurrent_packed_size(const ser_recurrent_shape *shape) {
    return ser_recurrent_layout_of(shape).packed_size;
}

void ser_recurrent_pack(const ser_recurrent_shape *shape, const ser_recurrent_weights *weights, float *packed) {
    packing f = {.layout = ser_recurrent_layout_of(shape), .weights = weights, .packed = packed};
    ser_parallel_for(f.layout.sums / SER_PANEL, pack_panel, &f);
}

// MARK: Products

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
            ser_product g = {
                .m = rows, .n = width, .k = which == SER_INPUT_ONLY ? input : which == SER_STATE_ONLY ? state : all,
                .a = x + (from_input ? l->units : 0), .row_step = l->ldx, .k_step = 1,
                .p = f->packed + part->packed + column * all + (from_input ? state * SER_PANEL : 0), .ldp = SER_PANEL,
                .panel_step = all * SER_PANEL, .c = gates + part->column + column, .ldc = l->ldg,
                .start = which == SER_STATE_ONLY && part->input ? SER_START_C : SER_START_BIAS,
                .bias = f->packed + l->bias + part->column + column,
                .next = i == 0 ? next : NULL, .next_count = next_count};
            f->gemm->multiply(&g);
        }
    }
}

// MARK: One chunk of rows

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

static int64_t block_end(const ser_recurrent_chunk *c, int64_t s0) {
    int64_t s1 = s0 + 1;
    while (s1 < c->steps && c->first[s1 + 1] - c->first[s0] <= BLOCK_ROWS) s1++;
    return s1;
}

static void forward_chunk(void *context, int64_t index) {
    ser_forward_call *f = context;
    const ser_recurrent_layout *l = &f->layout;
    const ser_recurrent_chunk *c = &f->plan.chunks[index];
    const int64_t units = l->units, ldx = l->ldx, ldg = l->ldg;
    const int lstm = l->shape.kind == SER_RECURRENT_LSTM, saving = f->arguments->saved != NULL;
    // With few rows the state's product waits for the weights to come from the cache: the inputs of many steps then go
    // together, as one product with many rows.
    const int apart = c->rows <= 4;
    uint64_t mode = ser_flush_denormals();

    float *first_cell = f->scratch + index * f->scratch_size;
    float *x_rows = saving ? f->arguments->saved + f->plan.saved[index] : first_cell + l->chunk_rows * units;
    float *gate_rows = x_rows + (saving ? c->packed_rows + c->rows : BLOCK_ROWS + l->chunk_rows) * ldx;
    for (int64_t r = 0; r < c->rows; r++) {
        const int64_t hidden = l->shape.hidden, at = c->batch[r] * hidden;
        const float *h0 = f->arguments->h0, *c0 = f->arguments->c0;
        ser_copy_state(x_rows + r * ldx, h0 ? h0 + at : NULL, hidden, units);
        if (lstm) ser_copy_state(first_cell + r * units, c0 ? c0 + at : NULL, hidden, units);
    }
    const float *cell_before = first_cell;
    int64_t ld_before = units;
    for (int64_t s0 = 0, s1; s0 < c->steps; s0 = s1) {
        s1 = block_end(c, s0);
        const int64_t base = c->first[s0];
        float *x = x_rows + (saving ? base * ldx : 0), *gates = gate_rows + (saving ? base * ldg : 0);
        ser_gather_inputs(f, c, s0, s1, x);
        if (apart) ser_multiply_parts(f, SER_INPUT_ONLY, c->first[s1] - base, x, gates, 0, units, NULL, 0);
        for (int64_t s = s0; s < s1; s++) {
            const int64_t row = c->first[s] - base;
            float *here = x + row * ldx, *after = x + (c->first[s + 1] - base) * ldx, *g = gates + row * ldg;
            ser_multiply_parts(f, apart ? SER_STATE_ONLY : SER_INPUT_AND_STATE, c->active[s], here, g, 0, units,
                               saving ? g + c->active[s] * ldg : NULL, c->active[s + 1] * ldg);
            ser_cell_forward step = {.rows = c->active[s], .units = units, .count = units, .gates = g, .ld_gates = ldg,
                                     .hidden = after, .ld_hidden = ldx};
            if (lstm) {
                step.before = cell_before; step.ld_before = ld_before;
                step.cell = saving ? g + 4 * units : first_cell;
                step.ld_cell = saving ? ldg : units;
            } else {
                step.before = here; step.ld_before = ldx;
            }
            ser_run_forward_cell(f, &step);
            ser_scatter_states(f, c, s, after, step.cell, step.ld_cell);
            cell_before = step.cell; ld_before = step.ld_cell;
        }
        if (!saving)
            for (int64_t r = 0; r < c->active[s1]; r++)
                memcpy(x + r * ldx, x + (c->first[s1] - base + r) * ldx, (size_t)units * sizeof *x);
    }
    ser_finish_rows(f, c);
    ser_restore_denormals(mode);
}

int32_t ser_recurrent_forward(const ser_recurrent_shape *shape, const ser_recurrent_weights *weights,
                              const ser_recurrent_forward_arguments *arguments) {
    ser_forward_call f = {.layout = ser_recurrent_layout_of(shape), .gemm = ser_gemm_table(), .cells = ser_cells_table(), .arguments = arguments};
    const ser_recurrent_layout *l = &f.layout;
    const int single = shape->batch == 1 && !arguments->saved;
    f.scratch_size = single ? 0 : l->chunk_rows * l->units;
    if (!arguments->saved && !single) f.scratch_size += (BLOCK_ROWS + l->chunk_rows) * l->ldx + BLOCK_ROWS * l->ldg;
    const int64_t packed_size = arguments->packed ? 0 : l->packed_size;
    const size_t bytes = (size_t)(packed_size + l->chunks * f.scratch_size) * sizeof(float);
    if (!ser_recurrent_make_plan(&f.plan, l)) return 0;
    float *memory = ser_allocate(bytes);
    int done = memory != NULL;
    if (done) {
        f.scratch = memory + packed_size;
        f.packed = arguments->packed ? arguments->packed : memory;
        if (packed_size) ser_recurrent_pack(shape, weights, memory);
        if (single) done = ser_forward_single(&f);
        else ser_parallel_for(l->chunks, forward_chunk, &f);
        ser_free(memory, bytes);
    }
    ser_recurrent_free_plan(&f.plan);
    return done;
}
