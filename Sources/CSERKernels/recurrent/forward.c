// SPDX-License-Identifier: Apache-2.0

#include "single.h"
#include "steps.h"
#include "../runtime/denormals.h"
#include "ser_memory.h"
#include "ser_parallel.h"
#include <string.h>

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
            ser_cell_forward step = {.rows = c->active[s],
                                     .units = units,
                                     .count = units,
                                     .gates = g,
                                     .ld_gates = ldg,
                                     .hidden = after,
                                     .ld_hidden = ldx};
            if (lstm) {
                step.before = cell_before;
                step.ld_before = ld_before;
                step.cell = saving ? g + 4 * units : first_cell;
                step.ld_cell = saving ? ldg : units;
            } else {
                step.before = here;
                step.ld_before = ldx;
            }
            ser_run_forward_cell(f, &step);
            ser_scatter_states(f, c, s, after, step.cell, step.ld_cell);
            cell_before = step.cell;
            ld_before = step.ld_cell;
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
    ser_forward_call f = {.layout = ser_recurrent_layout_of(shape),
                          .gemm = ser_gemm_table(),
                          .cells = ser_cells_table(),
                          .arguments = arguments};
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
        if (single)
            done = ser_forward_single(&f);
        else
            ser_parallel_for(l->chunks, forward_chunk, &f);
        ser_free(memory, bytes);
    }
    ser_recurrent_free_plan(&f.plan);
    return done;
}
