// SPDX-License-Identifier: Apache-2.0
// One step of each recurrent layer once the products are there: gates and state. Kernels that exist once for each
// instruction set.
#pragma once
#include "../simd/instruction_sets.h"

// One step for some rows. A unit's gates lie `units` apart in a row; `count` units from the pointers on are computed, a
// multiple of 16.
typedef struct {
    int64_t rows, units, count;
    float *gates;
    int64_t ld_gates;  // in: sums of products; out: what the backward pass needs
    const float *before;
    int64_t ld_before;  // LSTM: cell state before the step; GRU: hidden state before it
    float *cell;
    int64_t ld_cell;  // LSTM: cell state after the step
    float *hidden;
    int64_t ld_hidden;  // out
} ser_cell_forward;

typedef struct {
    int64_t rows, units;
    const float *gates;
    int64_t ld_gates;  // as the forward step left them
    const float *before;
    int64_t ld_before;
    float *hidden_gradient;  // [rows, units]; GRU: out, what reaches h before the step directly
    float *cell_gradient;    // LSTM, [rows, units]: in after the step, out before it
    float *out;
    int64_t ld_out;  // gradients of the sums of products
} ser_cell_backward;

typedef struct {
    void (*lstm_forward)(const ser_cell_forward *step);
    void (*gru_forward)(const ser_cell_forward *step);
    void (*tanh_forward)(const ser_cell_forward *step);
    void (*relu_forward)(const ser_cell_forward *step);
    void (*lstm_backward)(const ser_cell_backward *step);
    void (*gru_backward)(const ser_cell_backward *step);
    void (*tanh_backward)(const ser_cell_backward *step);
    void (*relu_backward)(const ser_cell_backward *step);
} ser_cells_kernels;

#pragma GCC visibility push(hidden)
SER_DISPATCH(cells)
#pragma GCC visibility pop
