// SPDX-License-Identifier: Apache-2.0
// Recurrent layers over whole sequences, forward and backward through time: one direction of one layer a call.
// Equations, weight layouts and gate orders are PyTorch's (LSTM: i, f, g, o; GRU: r, z, n). The rows of a batch are
// independent; they are dealt out in chunks to the worker threads once per call, in a way that depends on the shape
// alone.
#pragma once
#include <stdint.h>

enum { SER_RECURRENT_TANH = 0, SER_RECURRENT_RELU = 1, SER_RECURRENT_LSTM = 2, SER_RECURRENT_GRU = 3 };

typedef struct {
    int32_t kind;     // one of the above
    int32_t reverse;  // 1: each row runs from its last valid step to step 0
    int64_t batch, steps, inputs, hidden;
    const int32_t *_Nullable lengths;  // [batch] valid steps of each row, 0 to `steps`; NULL: all of them
} ser_recurrent_shape;

typedef struct {
    const float *_Nonnull weight_ih;  // [gates * hidden, inputs]
    const float *_Nonnull weight_hh;  // [gates * hidden, hidden]
    const float *_Nullable bias_ih;   // [gates * hidden]
    const float *_Nullable bias_hh;   // [gates * hidden]
} ser_recurrent_weights;

typedef struct {
    const float *_Nullable packed;  // the weights as ser_recurrent_pack leaves them; NULL: packed on each call
    const float *_Nonnull x;        // [batch, steps, inputs]
    // The state before the first step, [batch, hidden] each, zeros if NULL: what h_last and c_last of the call before
    // gave, where inference takes a sequence piece by piece. NULL where `saved` is given: gradients take it as zeros.
    const float *_Nullable h0, *_Nullable c0;
    float *_Nullable y;       // [batch, steps, hidden], zeros past a row's length
    int64_t y_stride;         // floats from one step of y to the next (`hidden` if nothing lies between)
    float *_Nullable h_last;  // the state after the last step computed: [batch, hidden]
    int64_t h_last_stride;    // floats from one row of h_last to the next
    float *_Nullable c_last;  // the LSTM's cell state then: [batch, hidden]
    float *_Nullable saved;   // [ser_recurrent_saved_size()] for the backward pass; NULL: inference
} ser_recurrent_forward_arguments;

/// Floats of the forward pass's weights as its kernels read them, which depend on `kind`, `inputs` and `hidden` alone.
int64_t ser_recurrent_packed_size(const ser_recurrent_shape *_Nonnull shape);
/// Packs them for calls to come; align `packed` to 64 bytes.
void ser_recurrent_pack(const ser_recurrent_shape *_Nonnull shape, const ser_recurrent_weights *_Nonnull weights,
                        float *_Nonnull packed);
/// Floats that a forward pass saves for the backward pass; align them to 64 bytes.
int64_t ser_recurrent_saved_size(const ser_recurrent_shape *_Nonnull shape);
/// Returns 0 when there was no memory for the working space, otherwise 1.
int32_t ser_recurrent_forward(const ser_recurrent_shape *_Nonnull shape, const ser_recurrent_weights *_Nonnull weights,
                              const ser_recurrent_forward_arguments *_Nonnull arguments);

// Each gradient is written; NULL: not wanted.
typedef struct {
    const float *_Nonnull saved;  // as the forward pass left it; not changed
    const float *_Nullable dy;    // [batch, steps, hidden]; past a row's length it is not read
    int64_t dy_stride;
    const float *_Nullable dh_last;  // [batch, hidden]
    int64_t dh_last_stride;
    float *_Nullable dx;  // [batch, steps, inputs]; NULL saves its product
    int32_t add_dx;       // 1: dx is added to what is there, as the second direction's is
    float *_Nullable dweight_ih, *_Nullable dweight_hh, *_Nullable dbias_ih, *_Nullable dbias_hh;
} ser_recurrent_backward_arguments;

/// Returns 0 when there was no memory for the working space, otherwise 1.
int32_t ser_recurrent_backward(const ser_recurrent_shape *_Nonnull shape, const ser_recurrent_weights *_Nonnull weights,
                               const ser_recurrent_backward_arguments *_Nonnull arguments);
