// Kernels for AVX-512. Features are named one by one: "arch=x86-64-v4" would bring a tuning that halves the vectors.
#include "isa.h"
#include "simd/simd.h"
#include <string.h>
#if SER_HAS_X86_BODIES
#define SER_TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#pragma clang attribute push(SER_TARGET, apply_to = function)
#define SER_LANES 16
#define SER_TILE_ROWS 8
#define SER_TILE_VECTORS 2
#define SER_DOTS 16
#define SER_DOTS_2 8
#define SER_DOTS_4 4
#include "gemm_tiles.h"
SER_DEFINE_TILE(1, 2) SER_DEFINE_TILE(2, 2) SER_DEFINE_TILE(3, 2) SER_DEFINE_TILE(4, 2)
SER_DEFINE_TILE(5, 2) SER_DEFINE_TILE(6, 2) SER_DEFINE_TILE(7, 2) SER_DEFINE_TILE(8, 2)
SER_DEFINE_TILE(1, 1) SER_DEFINE_TILE(2, 1) SER_DEFINE_TILE(3, 1) SER_DEFINE_TILE(4, 1)
SER_DEFINE_TILE(5, 1) SER_DEFINE_TILE(6, 1) SER_DEFINE_TILE(7, 1) SER_DEFINE_TILE(8, 1)
SER_DEFINE_TILE(1, 8) SER_DEFINE_TILE(1, 4) SER_DEFINE_TILE(2, 4)
static tile_function *const wide_tiles[] = {tile_1x2, tile_2x2, tile_3x2, tile_4x2,
                                              tile_5x2, tile_6x2, tile_7x2, tile_8x2};
static tile_function *const narrow_tiles[] = {tile_1x1, tile_2x1, tile_3x1, tile_4x1,
                                              tile_5x1, tile_6x1, tile_7x1, tile_8x1};
#define SER_TILE_ONE_ROW tile_1x8
#define SER_TILE_ONE_ROW_COLUMNS 128
#define SER_TILE_HALF_ROW tile_1x4
#define SER_TILE_HALF_ROW_COLUMNS 64
#define SER_TILE_TWO_ROWS tile_2x4
#define SER_TILE_TWO_ROWS_COLUMNS 64
#include "gemm_drivers.h"
#include "dense_tiles.h"
#include "recurrent_cells.h"
#include "peak_loop.h"
const ser_isa ser_isa_avx512 = SER_ISA_TABLE("avx512");
#pragma clang attribute pop
#endif
