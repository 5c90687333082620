// SPDX-License-Identifier: Apache-2.0

#include "layout.h"
#include "../runtime/integers.h"
#include "ser_memory.h"
#include <string.h>

/// A row length that is an odd number of cache lines, so that columns of rows do not fall on the same few cache sets.
static int64_t spread(int64_t n) { return ((n + 15) / 16 | 1) * 16; }

/// From 8 rows on a product runs at the processor's limit; a batch gives at least four threads something to do.
static int64_t rows_of_chunk(int64_t batch) {
    int64_t quarter = (batch + 3) / 4;
    if (batch <= 2) return 1;
    return quarter < 2 ? 2 : quarter > MOST_CHUNK_ROWS ? MOST_CHUNK_ROWS : quarter;
}

static int64_t length_of(const ser_recurrent_shape *shape, int64_t row) {
    if (!shape->lengths) return shape->steps;
    int64_t length = shape->lengths[row];
    return length < 0 ? 0 : length > shape->steps ? shape->steps : length;
}

static void add_part(ser_recurrent_layout *l, int64_t columns, int state, int input) {
    int64_t depth = (state ? l->units : 0) + (input ? l->shape.inputs : 0);
    l->part[l->parts++] = (ser_recurrent_part){l->sums, columns, state, input, l->packed_size};
    l->sums += columns;
    l->packed_size += depth * columns;
}

ser_recurrent_layout ser_recurrent_layout_of(const ser_recurrent_shape *shape) {
    ser_recurrent_layout l = {.shape = *shape};
    l.gates = shape->kind == SER_RECURRENT_LSTM ? 4 : shape->kind == SER_RECURRENT_GRU ? 3 : 1;
    l.units = round_up(shape->hidden, SER_PANEL);
    if (shape->kind == SER_RECURRENT_GRU) {
        add_part(&l, 2 * l.units, 1, 1);
        add_part(&l, l.units, 1, 0);
        add_part(&l, l.units, 0, 1);
    } else {
        add_part(&l, l.gates * l.units, 1, 1);
    }
    l.bias = l.packed_size;
    l.packed_size += l.sums;
    l.ldx = spread(l.units + shape->inputs);
    l.ldg = spread(l.sums + (shape->kind == SER_RECURRENT_LSTM ? l.units : 0));
    l.ldd = spread(l.sums);
    l.chunk_rows = rows_of_chunk(shape->batch);
    l.chunks = (shape->batch + l.chunk_rows - 1) / l.chunk_rows;
    l.groups = l.chunks < MOST_GROUPS ? l.chunks : MOST_GROUPS;
    return l;
}

int64_t ser_recurrent_saved_size(const ser_recurrent_shape *shape) {
    ser_recurrent_layout l = ser_recurrent_layout_of(shape);
    int64_t rows = 0;
    for (int64_t b = 0; b < shape->batch; b++) rows += length_of(shape, b);
    return rows * (l.ldx + l.ldg) + l.chunks * l.chunk_rows * l.ldx;
}

/// Batch rows by falling length, equal lengths in their order.
static void sort_rows(const ser_recurrent_shape *shape, int32_t *order, int32_t *starts) {
    memset(starts, 0, (size_t)(shape->steps + 2) * sizeof *starts);
    for (int64_t b = 0; b < shape->batch; b++) starts[shape->steps - length_of(shape, b) + 1]++;
    for (int64_t t = 0; t <= shape->steps; t++) starts[t + 1] += starts[t];
    for (int64_t b = 0; b < shape->batch; b++) order[starts[shape->steps - length_of(shape, b)]++] = (int32_t)b;
}

int ser_recurrent_make_plan(ser_recurrent_plan *plan, const ser_recurrent_layout *l) {
    const int64_t batch = l->shape.batch, steps = l->shape.steps, chunks = l->chunks;
    size_t tables = (size_t)chunks * (sizeof(ser_recurrent_chunk) + sizeof(int64_t));
    size_t numbers = (size_t)(batch * 3 + (steps + 2) + chunks * 2 * (steps + 1));
    plan->bytes = tables + numbers * sizeof(int32_t);
    plan->memory = ser_allocate(plan->bytes);
    if (!plan->memory) return 0;
    plan->chunks = plan->memory;
    plan->saved = (int64_t *)(plan->chunks + chunks);
    int32_t *order = (int32_t *)(plan->saved + chunks), *starts = order + batch, *next = starts + steps + 2;
    sort_rows(&l->shape, order, starts);
    int64_t saved = 0;
    for (int64_t c = 0; c < chunks; c++) {
        ser_recurrent_chunk *chunk = &plan->chunks[c];
        chunk->rows = (batch - c + chunks - 1) / chunks;
        int32_t *rows = next, *lengths = rows + chunk->rows;
        for (int64_t r = 0; r < chunk->rows; r++) {
            rows[r] = order[r * chunks + c];
            lengths[r] = (int32_t)length_of(&l->shape, rows[r]);
        }
        chunk->steps = lengths[0];
        int32_t *active = lengths + chunk->rows, *first = active + chunk->steps + 1;
        int64_t running = chunk->rows;
        first[0] = 0;
        for (int64_t s = 0; s <= chunk->steps; s++) {
            while (running > 0 && lengths[running - 1] <= s) running--;
            active[s] = (int32_t)running;
            if (s < chunk->steps) first[s + 1] = first[s] + active[s];
        }
        chunk->packed_rows = first[chunk->steps];
        chunk->batch = rows;
        chunk->lengths = lengths;
        chunk->active = active;
        chunk->first = first;
        next = first + chunk->steps + 1;
        plan->saved[c] = saved;
        saved += (chunk->packed_rows + chunk->rows) * l->ldx + chunk->packed_rows * l->ldg;
    }
    return 1;
}

void ser_recurrent_free_plan(ser_recurrent_plan *plan) { ser_free(plan->memory, plan->bytes); }
