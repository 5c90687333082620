// SPDX-License-Identifier: Apache-2.0
// The table of inner kernels of convolution. Inside, images lie channels-last: position by position, the channels of a
// position side by side, so that vectors run over channels whatever the image's size, stride or window.
#pragma once
#include "../../simd/instruction_sets.h"

/// Channels of intermediate images are padded to a multiple of this, for every instruction set.
enum { CHANNEL_STEP = 16, MOST_ROWS = 8, MOST_PANEL = 32 };

/// A band of whole pooled rows. Steps between positions are `channels`; `y_row` and `dy_row` are floats between rows.
struct pool_arguments {
    int64_t channels, window_height, window_width;
    int64_t rows, width;                ///< rows of y; columns of y that are valid
    int64_t pooled_rows, pooled_width;  ///< pooled columns that are valid
    int64_t pooled_row;                 ///< floats between pooled rows
    const float *y;
    int64_t y_row;
    const float *scale, *shift;  ///< z = scale * y + shift
    const float *sign;           ///< the sign of scale: decides which of a window's values wins
    int relu;
    float *winners, *pooled;        ///< pool writes both (winners may be NULL)
    const float *g;                 ///< unpool: gradient of the pooled image
    const float *constant, *slope;  ///< unpool: dy = scale * dz + constant + slope * y
    float *dy;
    int64_t dy_row;
    int moves;  ///< unpool: whether the statistics follow the values; else constant and slope have no part in dy
};

/// A band of whole pooled rows of a 3 x 3 convolution over one channel (see first.c).
struct first_arguments {
    const float *x;          ///< padded; reads of output position (0, 0) begin here
    int64_t x_row;           ///< floats between the rows of x that rows of outputs begin at
    const int64_t *offsets;  ///< of the nine taps
    int64_t channels, window_height, window_width, pooled_rows, pooled_width, width, pooled_row;
    const float *w, *bias;  ///< w[9][channels]
    const float *scale, *shift, *sign;
    int relu;
    uint8_t *winners;  ///< position in the window, NO_WINNER where ReLU is shut; may be NULL forward
    float *pooled;
    const float *g;
    float *sums;  ///< [10][channels]: adds sums of dz times each tap's input, and of dz
};
enum { NO_WINNER = 255 };

typedef struct {
    /// Convolution output channels that one panel of packed weights holds, and rows of the gradient tile.
    int64_t panel, rows;
    /// dst[c * dst_step + r] = src[r * src_step + c].
    void (*transpose)(float *dst, int64_t dst_step, const float *src, int64_t src_step, int64_t rows, int64_t columns);
    /// out[i][0..<n] = start + sum over taps t and d < depth of x[i * step + offsets[t] + d] * w[t][d][0..<n], for i <
    /// count. start is out itself where bias is NULL. Reads up to MOST_ROWS positions past count.
    void (*correlate)(const float *x, int64_t step, const int64_t *offsets, int64_t taps, int64_t depth, const float *w,
                      const float *bias, float *out, int64_t out_step, int64_t count, int64_t n);
    /// c[r][0..<n] += sum over i < count of x[i * x_step + offsets[r]] * dy[i * dy_step + 0..<n], for r < rows, a
    /// multiple of `rows` above; rows of c are `panel` long. Vectors of dy may be read past n.
    void (*accumulate)(const float *x, int64_t x_step, const int64_t *offsets, int64_t rows, const float *dy,
                       int64_t dy_step, int64_t count, int64_t n, float *c);
    /// Mean of each channel and sum of squares about it, over rows x width positions.
    void (*moments)(const float *y, int64_t row, int64_t rows, int64_t width, int64_t channels, float *mean,
                    float *squares);
    /// Sum over `count` positions of each channel of y; adds to sum.
    void (*sums)(const float *y, int64_t count, int64_t channels, float *sum);
    /// Pools windows of y and normalises the winner. See pool_arguments.
    void (*pool)(const struct pool_arguments *a);
    /// The gradient of the convolution's output from that of the pooled one.
    void (*unpool)(const struct pool_arguments *a);
    /// Adds to s1 the sums of g where the winner passed the ReLU, to s2 those of g * (winner - mean).
    void (*gated_sums)(const float *g, const float *winners, int64_t count, int64_t channels, const float *scale,
                       const float *shift, const float *mean, int relu, float *s1, float *s2);
    /// Adds to gram[s][t] the sums over rows x width of x[.. + offsets[s]] * x[.. + offsets[t]] for s <= t < 9, and to
    /// gram[9][t] those of x[.. + offsets[t]], in double precision. `lines` is scratch of 9 * (width + 16) doubles.
    void (*gram)(const float *x, int64_t x_row, int64_t rows, int64_t width, const int64_t *offsets, double *lines,
                 double gram[10][9]);
    void (*first_pool)(const struct first_arguments *a);
    void (*first_gradient)(const struct first_arguments *a);
    // Winograd's transforms of one tile (see winograd.h). The 36 values of a channel lie `plane` floats apart;
    // `channels` is a multiple of CHANNEL_STEP.
    /// 6 x 6 inputs; `row` and `step` are floats between rows and positions.
    void (*tile_input)(const float *x, int64_t row, int64_t step, int64_t channels, float *v, int64_t plane);
    /// rows x columns of the 4 x 4 outputs.
    void (*tile_output)(const float *m, int64_t plane, int64_t channels, const float *bias, float *y, int64_t row,
                        int64_t step, int64_t rows, int64_t columns);
    /// The transposes of the two: from 4 x 4 gradients of outputs, and to 6 x 6 gradients of inputs, which are added
    /// to.
    void (*tile_output_transposed)(const float *dy, int64_t row, int64_t step, int64_t channels, float *dm,
                                   int64_t plane);
    void (*tile_input_transposed)(const float *dv, int64_t plane, int64_t channels, float *dx, int64_t row,
                                  int64_t step);
    /// w[9][depth][panel] (tap 8 first where `reversed`) to u[36][depth][panel].
    void (*tile_weights)(const float *w, int64_t depth, int reversed, float *u);
    /// u[36] planes of [depth][panel], to w[9][depth][panel], transposed.
    void (*tile_weights_transposed)(const float *u, int64_t plane, int64_t depth, float *w);
} ser_convolution_kernels;

#pragma GCC visibility push(hidden)
SER_DISPATCH(convolution)
#pragma GCC visibility pop
