// SPDX-License-Identifier: Apache-2.0
// What the forward pass of many rows shares with that of one row.
#pragma once
#include "cells.h"
#include "layout.h"

typedef struct {
    ser_recurrent_layout layout;
    ser_recurrent_plan plan;
    const ser_gemm_kernels *gemm;
    const ser_cells_kernels *cells;
    const ser_recurrent_forward_arguments *arguments;
    const float *packed;
    float *scratch;  // [chunks] working space, scratch_size floats each
    int64_t scratch_size;
} ser_forward_call;

typedef enum { SER_INPUT_AND_STATE, SER_INPUT_ONLY, SER_STATE_ONLY } ser_operands;

#pragma GCC visibility push(hidden)
/// gates[rows, sums] (+)= the chosen parts of X's rows times the weights, for units `first` ..< `first + count`. `next`
/// is what to fetch from memory along the way.
void ser_multiply_parts(const ser_forward_call *f, ser_operands which, int64_t rows, const float *x, float *gates,
                        int64_t first, int64_t count, const float *next, int64_t next_count);
void ser_run_forward_cell(const ser_forward_call *f, const ser_cell_forward *step);
/// `units` floats: the state `from` [hidden], or zeros if NULL, followed by zeros.
void ser_copy_state(float *to, const float *from, int64_t hidden, int64_t units);
/// The inputs of steps s0 ..< s1 into their packed rows, rows `x` on.
void ser_gather_inputs(const ser_forward_call *f, const ser_recurrent_chunk *c, int64_t s0, int64_t s1, float *x);
/// Hands out the states after step s: to y, and for rows that end here to h_last and c_last.
void ser_scatter_states(const ser_forward_call *f, const ser_recurrent_chunk *c, int64_t s, const float *hidden,
                        const float *cell, int64_t ld_cell);
/// Rows without a single step keep their first state; y is 0 past a row's length.
void ser_finish_rows(const ser_forward_call *f, const ser_recurrent_chunk *c);
#pragma GCC visibility pop
