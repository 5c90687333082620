// SPDX-License-Identifier: Apache-2.0
// The kernels of matrix products for AVX-512.
#if defined(__x86_64__)
#include "kernels.h"
#include "../simd/avx512.h"
#define SER_TILE_ROWS 8
#include "body.h"
#pragma clang attribute pop
#endif
