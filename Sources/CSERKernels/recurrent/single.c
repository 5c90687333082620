// SPDX-License-Identifier: Apache-2.0

#include "single.h"
#include "../runtime/denormals.h"
#include "../runtime/pause.h"
#include "ser_memory.h"
#include "ser_parallel.h"
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

// One row in inference. A step is a product of one row and a matrix, as fast as the matrix comes from the cache, so two
// threads take half of the units each: the leader, which answers for the whole sequence, and a helper. Every unit is
// computed in the same way whoever takes it: with or without the helper the bits are the same.
//
// A step is a matter of a microsecond, and each half needs the other half's state. What counts is how long a value
// takes from one core to the other (0.02 to 0.3 microseconds): each line of the state carries its step, so that the
// reader learns that it is there and what it holds in one transfer. Steps are shared in stretches, each offered by the
// leader with all that the helper needs to know; a helper that is late or loses its core costs the leader a moment of
// patience and the rest of the stretch.

enum { STRETCH = 64, LINE = 15, SPINS = 64, PATIENCE = 1500, GRACE = 160, FINISHED = -1 };

typedef struct {
    float values[LINE];
    _Atomic int32_t step;  // the values are the state after this step, counted from 1
} line;

/// Units `first` ..< `first + count` of a stretch, on one thread.
typedef struct {
    const ser_forward_call *call;
    int64_t first, count;
    float *x;          // [STRETCH, ldx] of which the input parts are used
    float *gates;      // [STRETCH, ldg]
    float *hidden[2];  // [units], before and after a step in turn
    float *cell;       // [units]
} part_of_row;

typedef struct {
    const ser_forward_call *call;
    int64_t half;  // units of the leader when the helper has the others; a multiple of SER_PANEL
    part_of_row leader, helper;
    // What the leader offers: steps and the state before them.
    int64_t first_step, end;
    float *hidden, *cell;
    // What goes to and fro in a stretch, by odd and even steps.
    line *from_leader[2], *from_helper[2];
    float *helper_cell[2];
    _Alignas(128) _Atomic int64_t offered;    // number of the latest stretch on offer, or FINISHED
    _Alignas(128) _Atomic int64_t waiting;    // whether the helper waits for an offer
    _Alignas(128) _Atomic int64_t abandoned;  // number of the latest stretch that the leader ended alone
} single_row;

static inline void pause_a_little(int64_t spins) {
    if (spins < SPINS) return;
    if (spins > PATIENCE)
        sched_yield();
    else
        ser_pause();
}

// MARK: Lines

static int64_t lines_of(int64_t count) { return (count + LINE - 1) / LINE; }

static void send(line *to, const float *values, int64_t count, int64_t step) {
    for (; count > 0; count -= LINE, values += LINE, to++) {
        memcpy(to->values, values, (size_t)(count < LINE ? count : LINE) * sizeof *values);
        atomic_store_explicit(&to->step, (int32_t)step, memory_order_release);
    }
}

static int has_come(const line *from, int64_t step) {
    return atomic_load_explicit(&from->step, memory_order_acquire) == (int32_t)step;
}

static void read_line(float *values, const line *from, int64_t count) {
    memcpy(values, from->values, (size_t)(count < LINE ? count : LINE) * sizeof *values);
}

// MARK: Steps

/// The inputs' share of the gates of steps s ..< end; the stretch begins at step `begin`.
static void project(const part_of_row *p, int64_t begin, int64_t s, int64_t end) {
    const ser_recurrent_layout *l = &p->call->layout;
    float *x = p->x + (s - begin) * l->ldx;
    ser_gather_inputs(p->call, p->call->plan.chunks, s, end, x);
    float *gates = p->gates + (s - begin) * l->ldg;
    ser_multiply_parts(p->call, SER_INPUT_ONLY, end - s, x, gates, p->first, p->count, NULL, 0);
}

static float *state_after(const part_of_row *p, int64_t step) { return p->hidden[(step + 1) & 1]; }

static void compute(const part_of_row *p, int64_t begin, int64_t step) {
    const ser_recurrent_layout *l = &p->call->layout;
    const int lstm = l->shape.kind == SER_RECURRENT_LSTM;
    float *gates = p->gates + (step - begin) * l->ldg, *before = p->hidden[step & 1];
    ser_multiply_parts(p->call, SER_STATE_ONLY, 1, before, gates, p->first, p->count, NULL, 0);
    ser_cell_forward cell = {.rows = 1,
                             .units = l->units,
                             .count = p->count,
                             .gates = gates + p->first,
                             .ld_gates = l->ldg,
                             .before = (lstm ? p->cell : before) + p->first,
                             .ld_before = l->units,
                             .cell = p->cell + p->first,
                             .ld_cell = l->units,
                             .hidden = state_after(p, step) + p->first,
                             .ld_hidden = l->units};
    ser_run_forward_cell(p->call, &cell);
}

// MARK: The leader

/// Offers steps s ..< end to the helper, if it waits; returns the number of the stretch, 0 when it does not.
static int64_t offer(single_row *w, int64_t s, int64_t end, int64_t patience) {
    for (int64_t spins = 0; !atomic_load_explicit(&w->waiting, memory_order_acquire); spins++) {
        if (spins == patience) return 0;
        pause_a_little(spins);
    }
    const int64_t units = w->call->layout.units;
    memcpy(w->hidden, w->leader.hidden[s & 1], (size_t)units * sizeof(float));
    memcpy(w->cell, w->leader.cell, (size_t)units * sizeof(float));
    w->first_step = s;
    w->end = end;
    atomic_store_explicit(&w->waiting, 0, memory_order_relaxed);
    const int64_t number = atomic_load_explicit(&w->offered, memory_order_relaxed) + 1;
    atomic_store_explicit(&w->offered, number, memory_order_release);
    return number;
}

/// The helper's half of the state after a step; 0 when it does not come in time.
static int receive(const single_row *w, int64_t step) {
    const line *from = w->from_helper[step & 1];
    float *values = state_after(&w->leader, step) + w->half;
    int64_t left = w->call->layout.units - w->half, spins = 0;
    for (; left > 0; left -= LINE, values += LINE, from++) {
        for (; !has_come(from, step + 1); spins++) {
            if (spins == PATIENCE) return 0;
            pause_a_little(spins);
        }
        read_line(values, from, left);
    }
    return 1;
}

/// From this step on the helper's units are the leader's.
static void take_over(single_row *w, int64_t number, int64_t begin, int64_t step, int64_t end) {
    atomic_store_explicit(&w->abandoned, number, memory_order_release);
    part_of_row *p = &w->leader;
    const int64_t units = w->call->layout.units;
    p->first = w->half;
    p->count = units - w->half;
    if (step > begin) memcpy(p->cell + p->first, w->helper_cell[(step - 1) & 1], (size_t)p->count * sizeof(float));
    project(p, begin, step, end);
    compute(p, begin, step);
    p->first = 0;
    p->count = units;
}

static void lead(single_row *w) {
    part_of_row *p = &w->leader;
    const ser_recurrent_chunk *c = w->call->plan.chunks;
    const int64_t units = w->call->layout.units, stretches = (c->steps + STRETCH - 1) / STRETCH;
    int64_t shared = 0;
    for (int64_t i = 0; i < stretches; i++) {
        const int64_t begin = c->steps * i / stretches, end = c->steps * (i + 1) / stretches;
        shared = w->half < units ? offer(w, begin, end, shared ? PATIENCE : GRACE) : 0;
        p->count = shared ? w->half : units;
        project(p, begin, begin, end);
        for (int64_t step = begin; step < end; step++) {
            compute(p, begin, step);
            if (shared) {
                send(w->from_leader[step & 1], state_after(p, step), w->half, step + 1);
                if (!receive(w, step)) {
                    take_over(w, shared, begin, step, end);
                    shared = 0;
                } else if (step == end - 1) {
                    memcpy(p->cell + w->half, w->helper_cell[step & 1], (size_t)(units - w->half) * sizeof(float));
                }
            }
            ser_scatter_states(w->call, c, step, state_after(p, step), p->cell, units);
        }
    }
    atomic_store_explicit(&w->offered, FINISHED, memory_order_release);
}

// MARK: The helper

/// The leader's half of the state after a step; 0 when the leader goes on alone.
static int receive_from_leader(const single_row *w, int64_t number, int64_t step) {
    const line *from = w->from_leader[step & 1];
    float *values = state_after(&w->helper, step);
    int64_t spins = 0;
    for (int64_t left = w->half; left > 0; left -= LINE, values += LINE, from++) {
        for (; !has_come(from, step + 1); spins++) {
            if (atomic_load_explicit(&w->abandoned, memory_order_acquire) == number) return 0;
            pause_a_little(spins);
        }
        read_line(values, from, left);
    }
    return 1;
}

static void help_along(single_row *w, int64_t number) {
    const part_of_row *p = &w->helper;
    const int64_t begin = w->first_step, end = w->end, units = w->call->layout.units;
    memcpy(p->hidden[begin & 1], w->hidden, (size_t)units * sizeof(float));
    memcpy(p->cell, w->cell, (size_t)units * sizeof(float));
    project(p, begin, begin, end);
    for (int64_t step = begin; step < end; step++) {
        compute(p, begin, step);
        memcpy(w->helper_cell[step & 1], p->cell + p->first, (size_t)p->count * sizeof(float));
        send(w->from_helper[step & 1], state_after(p, step) + p->first, p->count, step + 1);
        if (step + 1 < end && !receive_from_leader(w, number, step)) return;
    }
}

static void help(single_row *w) {
    int64_t offered = 0;
    for (;;) {
        const int64_t seen = offered;
        atomic_store_explicit(&w->waiting, 1, memory_order_release);
        for (int64_t spins = 0; (offered = atomic_load_explicit(&w->offered, memory_order_acquire)) == seen; spins++)
            pause_a_little(spins);
        if (offered == FINISHED) return;
        help_along(w, offered);
    }
}

static void run(void *context, int64_t index) {
    single_row *w = context;
    uint64_t mode = ser_flush_denormals();
    if (index == 0)
        lead(w);
    else
        help(w);
    ser_restore_denormals(mode);
}

// MARK: Memory

static int64_t part_floats(const ser_recurrent_layout *l) { return STRETCH * (l->ldx + l->ldg) + 3 * l->units; }

static part_of_row make_part(const ser_forward_call *f, float *memory, int64_t first, int64_t count) {
    const ser_recurrent_layout *l = &f->layout;
    part_of_row p = {.call = f, .first = first, .count = count, .x = memory};
    p.gates = p.x + STRETCH * l->ldx;
    p.hidden[0] = p.gates + STRETCH * l->ldg;
    p.hidden[1] = p.hidden[0] + l->units;
    p.cell = p.hidden[1] + l->units;
    return p;
}

int ser_forward_single(ser_forward_call *f) {
    const ser_recurrent_layout *l = &f->layout;
    const ser_recurrent_forward_arguments *a = f->arguments;
    const int64_t units = l->units, panels = units / SER_PANEL;
    single_row w = {.call = f, .half = ser_threads() > 1 && panels > 1 ? (panels + 1) / 2 * SER_PANEL : units};
    // Everything that goes to and fro begins on a line of its own.
    const int64_t sent = lines_of(w.half) * (int64_t)(sizeof(line) / sizeof(float));
    const int64_t floats = 2 * part_floats(l) + 4 * sent + 4 * units;
    float *memory = ser_allocate((size_t)floats * sizeof(float)), *next = memory;
    if (!memory) return 0;
    for (int i = 0; i < 2; i++, next += 2 * sent) {
        w.from_leader[i] = (line *)next;
        w.from_helper[i] = (line *)(next + sent);
    }
    memset(memory, 0, (size_t)(4 * sent) * sizeof(float));
    for (int i = 0; i < 2; i++, next += units) w.helper_cell[i] = next;
    w.hidden = next;
    w.cell = w.hidden + units;
    next = w.cell + units;
    w.leader = make_part(f, next, 0, units);
    w.helper = make_part(f, next + part_floats(l), w.half, units - w.half);
    ser_copy_state(w.leader.hidden[0], a->h0, l->shape.hidden, units);
    ser_copy_state(w.leader.cell, a->c0, l->shape.hidden, units);
    ser_parallel_for(w.half < units ? 2 : 1, run, &w);
    ser_finish_rows(f, f->plan.chunks);
    ser_free(memory, (size_t)floats * sizeof(float));
    return 1;
}
