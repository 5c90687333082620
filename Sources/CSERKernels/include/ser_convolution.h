// SPDX-License-Identifier: Apache-2.0
// Convolution and its fused chain (convolution, batch normalisation, ReLU, max pooling), forward and backward, for
// whole batches. Tensors are row-major floats: images [batch, channels, height, width] (or [batch, height, width,
// channels] where channels_last is set), weights [out, in / groups, kernel height, kernel width]. One-dimensional data
// has height 1. Each function splits its work with ser_parallel_for; where it cuts depends on shapes alone, so results
// are the same bits for any number of threads. Scratch memory comes from the pool.
#pragma once
#include <stdint.h>

typedef struct {
    int64_t batch, in_channels, height, width, out_channels, groups;
    int64_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
    int64_t pad_top, pad_bottom, pad_left, pad_right;
    int32_t channels_last;
} ser_convolution_shape;

/// y = conv(x, w) + bias. Of image b, columns from in_widths[b] on are taken as zero (NULL: none are).
void ser_convolution_forward(const ser_convolution_shape *_Nonnull shape, const float *_Nonnull x,
                             const float *_Nonnull w, const float *_Nullable bias, const int32_t *_Nullable in_widths,
                             float *_Nonnull y);
/// The gradients of ser_convolution_forward; each is written, or left out where NULL.
void ser_convolution_backward(const ser_convolution_shape *_Nonnull shape, const float *_Nonnull x,
                              const float *_Nonnull w, const int32_t *_Nullable in_widths, const float *_Nonnull dy,
                              float *_Nullable dx, float *_Nullable dw, float *_Nullable dbias);

/// Convolution, batch normalisation over batch and space, optional ReLU, max pooling with windows that do not overlap
/// (stride = window, no padding, partial windows dropped; 1 x 1 for none).
typedef struct {
    ser_convolution_shape convolution;
    int64_t pool_height, pool_width;
    int32_t relu;
    /// Whether the pooled tensor is [batch, height, width, channels]; convolution.channels_last speaks of x alone.
    int32_t pooled_channels_last;
    /// Whether dx will never be asked for, so that less need be saved.
    int32_t constant_input;
    /// Valid columns of each image: of the input, of the convolution's output and of the pooled output. All or none.
    const int32_t *_Nullable in_widths, *_Nullable out_widths, *_Nullable pooled_widths;
} ser_convolution_block;

/// Floats that the forward pass saves for the backward one: the convolution's output (0 where it is cheaper to compute
/// again) and what won each pooling window.
int64_t ser_convolution_block_saved_output(const ser_convolution_block *_Nonnull block);
int64_t ser_convolution_block_saved_winners(const ser_convolution_block *_Nonnull block);
/// Values that each channel's statistics are taken over.
int64_t ser_convolution_block_count(const ser_convolution_block *_Nonnull block);

/// Training: normalises with the batch's mean and biased variance, which are written per channel.
void ser_convolution_block_train(const ser_convolution_block *_Nonnull block, const float *_Nonnull x,
                                 const float *_Nonnull w, const float *_Nullable bias, const float *_Nonnull gamma,
                                 const float *_Nonnull beta, float epsilon, float *_Nonnull mean,
                                 float *_Nonnull variance, float *_Nullable saved_output, float *_Nonnull saved_winners,
                                 float *_Nonnull pooled);
/// Floats of the weights and the bias as the kernels read them; 0 where packing them is no work.
int64_t ser_convolution_block_packed_size(const ser_convolution_block *_Nonnull block);
/// Packs them for calls to come, which may differ in batch size and, as long as the packed size stays, in anything
/// else.
void ser_convolution_block_pack(const ser_convolution_block *_Nonnull block, const float *_Nonnull w,
                                const float *_Nullable bias, float *_Nonnull packed);
/// Inference, or training with frozen statistics: normalises with the given mean and variance. `packed` is NULL or what
/// ser_convolution_block_pack made of w and bias; saved_winners may be NULL.
void ser_convolution_block_apply(const ser_convolution_block *_Nonnull block, const float *_Nonnull x,
                                 const float *_Nonnull w, const float *_Nullable bias, const float *_Nonnull gamma,
                                 const float *_Nonnull beta, float epsilon, const float *_Nonnull mean,
                                 const float *_Nonnull variance, const float *_Nullable packed,
                                 float *_Nullable saved_output, float *_Nullable saved_winners, float *_Nonnull pooled);
/// Gradients; `frozen` tells that mean and variance did not depend on x. dx may be NULL.
void ser_convolution_block_backward(const ser_convolution_block *_Nonnull block, const float *_Nonnull x,
                                    const float *_Nonnull w, const float *_Nullable bias, const float *_Nonnull gamma,
                                    const float *_Nonnull beta, float epsilon, const float *_Nonnull mean,
                                    const float *_Nonnull variance, int32_t frozen, const float *_Nullable saved_output,
                                    const float *_Nonnull saved_winners, const float *_Nonnull dpooled,
                                    float *_Nullable dx, float *_Nonnull dw, float *_Nullable dbias,
                                    float *_Nonnull dgamma, float *_Nonnull dbeta);
