// SPDX-License-Identifier: Apache-2.0
// How a recurrent layer's work is laid out and dealt out: shared by the forward and the backward pass.
//
// Rows of a batch are sorted by length and dealt like cards to chunks, so that chunks hold similar lengths and within a
// chunk the rows still running at a step are the first ones. A chunk keeps only running rows: row r of step s is packed
// row first[s] + r. A packed row of X is [h before the step | x | padding]: one product serves input and state, and the
// gradients of both weights are one product over packed rows.
#pragma once
#include "../gemm/kernels.h"
#include "../simd/simd.h"
#include "ser_recurrent.h"

enum { MOST_CHUNK_ROWS = 16, BLOCK_ROWS = 128, MOST_GROUPS = 32 };

// A matrix of the forward pass: columns of the stored row, and the parts of X's row that they are a product of.
typedef struct {
    int64_t column, columns;
    int state, input;
    int64_t packed;  // where its panels begin in the packed weights
} ser_recurrent_part;

typedef struct {
    ser_recurrent_shape shape;
    int64_t gates;          // rows of the weights / hidden
    int64_t units;          // `hidden` rounded up to whole panels; padded units stay 0
    int64_t sums;           // columns of all parts together, and of a row of gradients
    int64_t ldx, ldg, ldd;  // row lengths of X, of the stored gates and of their gradients
    int64_t chunk_rows, chunks, groups;
    int64_t parts;
    ser_recurrent_part part[3];
    int64_t packed_size;  // of the forward weights, bias row included
    int64_t bias;         // where that row begins
} ser_recurrent_layout;

// One chunk's rows. Arrays belong to the plan.
typedef struct {
    int64_t rows, steps, packed_rows;
    const int32_t *batch;    // [rows] which row of the batch
    const int32_t *lengths;  // [rows]
    const int32_t *active;   // [steps + 1] rows running at a step; 0 at the end
    const int32_t *first;    // [steps + 1] packed rows before a step
} ser_recurrent_chunk;

typedef struct {
    ser_recurrent_chunk *chunks;
    int64_t *saved;  // [chunks] where a chunk's saved values begin
    void *memory;
    uint64_t bytes;
} ser_recurrent_plan;

#pragma GCC visibility push(hidden)
ser_recurrent_layout ser_recurrent_layout_of(const ser_recurrent_shape *shape);
/// 0 when there is no memory.
int ser_recurrent_make_plan(ser_recurrent_plan *plan, const ser_recurrent_layout *layout);
void ser_recurrent_free_plan(ser_recurrent_plan *plan);
#pragma GCC visibility pop

/// The time that local step s of a row stands for.
SER_INLINE int64_t ser_recurrent_time(const ser_recurrent_layout *l, const ser_recurrent_chunk *c, int64_t row,
                                      int64_t s) {
    return l->shape.reverse ? c->lengths[row] - 1 - s : s;
}
