// SPDX-License-Identifier: Apache-2.0
// The inner kernels of convolution for AVX2 with FMA.
#if defined(__x86_64__)
#include "kernels.h"
#include "../../runtime/integers.h"
#include "../../simd/avx2.h"
#define SER_TILE_ROWS 6
#include "body.h"
#pragma clang attribute pop
#endif
