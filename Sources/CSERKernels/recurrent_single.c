#include "recurrent_forward.h"
#include "ser_memory.h"
#include "ser_parallel.h"
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

// One row in inference. A step is a product of one row and a matrix, as fast as the matrix comes from the cache, so
// several threads take a share of the units each. Every unit is computed in the same way whoever takes it: how many
// shares there are changes no bit.
//
// A step is a matter of a microsecond, so threads meet by spinning on one ticket. Its values for step s are s (shares
// + 1) + 0 ... shares - 1: that share is free to be claimed; s (shares + 1) + shares: all are claimed, and the leader
// has not yet opened the next step. A share that no helper has claimed in time the leader computes itself, so that
// helpers may come late, or never.

enum { MOST_SHARES = 4, BLOCK_STEPS = 256, SLICE_STEPS = 16, PATIENCE = 2000, FINISHED = -1 };

typedef struct {
    const ser_forward_call *call;
    int64_t shares;
    int64_t first_step, end;       // of the block at hand
    float *x;                      // [BLOCK_STEPS, ldx] of which the input parts are used
    float *gates;                  // [BLOCK_STEPS, ldg]
    float *hidden[2];              // [units], before and after a step in turn
    float *cell;                   // [units]
    _Alignas(64) _Atomic int64_t ticket;
    _Alignas(64) _Atomic int64_t done;  // shares computed since the block began
} single_row;

static inline void wait_a_little(int64_t *spins) {
    if (++*spins > PATIENCE) { sched_yield(); return; }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void project_inputs(void *context, int64_t slice) {
    single_row *w = context;
    const ser_recurrent_layout *l = &w->call->layout;
    int64_t from = slice * SLICE_STEPS, rows = w->end - w->first_step - from;
    rows = rows < SLICE_STEPS ? rows : SLICE_STEPS;
    uint64_t mode = ser_flush_denormals();
    const int64_t step = w->first_step + from;
    float *x = w->x + from * l->ldx;
    ser_gather_inputs(w->call, w->call->plan.chunks, step, step + rows, x);
    ser_multiply_parts(w->call, SER_INPUT_ONLY, rows, x, w->gates + from * l->ldg, 0, l->units, NULL, 0);
    ser_restore_denormals(mode);
}

static void compute_share(const single_row *w, int64_t step, int64_t share) {
    const ser_recurrent_layout *l = &w->call->layout;
    const int64_t panels = l->units / SER_PANEL;
    const int64_t first = panels * share / w->shares * SER_PANEL, end = panels * (share + 1) / w->shares * SER_PANEL;
    float *gates = w->gates + step * l->ldg, *before = w->hidden[step & 1];
    ser_multiply_parts(w->call, SER_STATE_ONLY, 1, before, gates, first, end - first, NULL, 0);
    const int lstm = l->shape.kind == SER_RECURRENT_LSTM;
    ser_cell_forward cell = {.rows = 1, .units = l->units, .count = end - first, .gates = gates + first,
                             .ld_gates = l->ldg, .before = (lstm ? w->cell : before) + first,
                             .ld_before = l->units, .cell = w->cell + first, .ld_cell = l->units,
                             .hidden = w->hidden[(step + 1) & 1] + first, .ld_hidden = l->units};
    ser_run_forward_cell(w->call, &cell);
}

/// Claims a share of a step and computes it; 0 when none was free.
static int take_share(single_row *w, int64_t ticket) {
    int64_t step = ticket / (w->shares + 1), share = ticket % (w->shares + 1);
    if (share == w->shares || !atomic_compare_exchange_strong(&w->ticket, &ticket, ticket + 1)) return 0;
    compute_share(w, step, share);
    atomic_fetch_add_explicit(&w->done, 1, memory_order_release);
    return 1;
}

static void lead(single_row *w) {
    const ser_recurrent_chunk *c = w->call->plan.chunks;
    const int64_t steps = w->end - w->first_step;
    for (int64_t step = 0; step < steps; step++) {
        const int64_t opened = step * (w->shares + 1);
        if (step > 0) atomic_store_explicit(&w->ticket, opened, memory_order_release);
        for (int64_t ticket = opened; ticket < opened + w->shares; ticket = atomic_load(&w->ticket))
            take_share(w, ticket);
        for (int64_t spins = 0; atomic_load_explicit(&w->done, memory_order_acquire) < (step + 1) * w->shares;)
            wait_a_little(&spins);
        ser_scatter_states(w->call, c, w->first_step + step, w->hidden[(step + 1) & 1], w->cell, w->call->layout.units);
    }
    atomic_store_explicit(&w->ticket, FINISHED, memory_order_release);
}

static void help(single_row *w) {
    int64_t ticket, spins = 0;
    while ((ticket = atomic_load_explicit(&w->ticket, memory_order_acquire)) != FINISHED) {
        if (take_share(w, ticket)) spins = 0; else wait_a_little(&spins);
    }
}

static void run_block(void *context, int64_t index) {
    single_row *w = context;
    uint64_t mode = ser_flush_denormals();
    if (index == 0) lead(w); else help(w);
    ser_restore_denormals(mode);
}

int ser_forward_single(ser_forward_call *f) {
    const ser_recurrent_layout *l = &f->layout;
    const ser_recurrent_chunk *c = f->plan.chunks;
    const ser_recurrent_forward_arguments *a = f->arguments;
    const size_t bytes = (size_t)(BLOCK_STEPS * (l->ldx + l->ldg) + 3 * l->units) * sizeof(float);
    float *memory = ser_allocate(bytes);
    if (!memory) return 0;
    single_row w = {.call = f, .x = memory, .gates = memory + BLOCK_STEPS * l->ldx};
    w.hidden[0] = w.gates + BLOCK_STEPS * l->ldg;
    w.hidden[1] = w.hidden[0] + l->units;
    w.cell = w.hidden[1] + l->units;
    const int64_t threads = ser_threads(), panels = l->units / SER_PANEL;
    w.shares = threads < panels ? threads : panels;
    if (w.shares > MOST_SHARES) w.shares = MOST_SHARES;
    ser_copy_state(w.hidden[0], a->h0, l->shape.hidden, l->units);
    ser_copy_state(w.cell, a->c0, l->shape.hidden, l->units);
    for (w.first_step = 0; w.first_step < c->steps; w.first_step = w.end) {
        w.end = c->steps - w.first_step < BLOCK_STEPS ? c->steps : w.first_step + BLOCK_STEPS;
        ser_parallel_for((w.end - w.first_step + SLICE_STEPS - 1) / SLICE_STEPS, project_inputs, &w);
        atomic_store(&w.ticket, 0);
        atomic_store(&w.done, 0);
        ser_parallel_for(w.shares, run_block, &w);
        // BLOCK_STEPS is even: the state after a whole block is where the next one looks for it.
    }
    ser_finish_rows(f, c);
    ser_free(memory, bytes);
    return 1;
}
