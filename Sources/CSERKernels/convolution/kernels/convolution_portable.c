// SPDX-License-Identifier: Apache-2.0
// The inner kernels of convolution for any processor.
#include "../../simd/portable.h"
#if defined(__aarch64__)
#define SER_TILE_ROWS 8
#else
#define SER_TILE_ROWS 4
#endif
#include "body.h"
