// SPDX-License-Identifier: Apache-2.0
// The inner kernels of convolution, compiled once for each instruction set. A source includes the set's header, defines
// SER_TILE_ROWS, the rows of a register tile two vectors wide, and includes this.
#include "kernels.h"
#include "../../runtime/integers.h"
#include <string.h>

enum { PANEL = 2 * SER_LANES };

SER_INLINE lanes choose(lane_mask m, lanes a, lanes b) { return (lanes)((m & (lane_mask)a) | (~m & (lane_mask)b)); }
SER_INLINE lanes largest(lanes a, lanes b) { return __builtin_elementwise_max(a, b); }

#include "products_body.h"
#include "statistics_body.h"
#include "pooling_body.h"
#include "first_body.h"
#include "winograd_body.h"

const ser_convolution_kernels SER_TABLE(convolution) = {
    .panel = PANEL,
    .rows = SER_TILE_ROWS,
    .transpose = transpose,
    .correlate = correlate,
    .accumulate = accumulate,
    .moments = moments,
    .sums = sums,
    .pool = pool,
    .unpool = unpool,
    .gated_sums = gated_sums,
    .gram = gram,
    .first_pool = first_pool,
    .first_gradient = first_gradient,
    .tile_input = tile_input,
    .tile_output = tile_output,
    .tile_output_transposed = tile_output_transposed,
    .tile_input_transposed = tile_input_transposed,
    .tile_weights = tile_weights,
    .tile_weights_transposed = tile_weights_transposed,
};
