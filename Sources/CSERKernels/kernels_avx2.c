// Kernels for AVX2 with fused multiply-add.
#include "isa.h"
#include "simd/simd.h"
#include <string.h>
#if SER_HAS_X86_BODIES
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define SER_LANES 8
#define SER_TILE_ROWS 4
#define SER_TILE_VECTORS 2
#define SER_DOTS 8
#define SER_DOTS_2 4
#define SER_DOTS_4 2
#include "gemm_tiles.h"
SER_DEFINE_TILE(1, 2) SER_DEFINE_TILE(2, 2) SER_DEFINE_TILE(3, 2) SER_DEFINE_TILE(4, 2)
SER_DEFINE_TILE(1, 8) SER_DEFINE_TILE(1, 4) SER_DEFINE_TILE(2, 4)
static tile_function *const wide_tiles[] = {tile_1x2, tile_2x2, tile_3x2, tile_4x2};
static tile_function *const *const narrow_tiles = wide_tiles;  // 16 columns are a whole tile: nothing is narrow
#define SER_TILE_ONE_ROW tile_1x8
#define SER_TILE_ONE_ROW_COLUMNS 64
#define SER_TILE_HALF_ROW tile_1x4
#define SER_TILE_HALF_ROW_COLUMNS 32
#define SER_TILE_TWO_ROWS tile_2x4
#define SER_TILE_TWO_ROWS_COLUMNS 32
#include "gemm_drivers.h"
#include "dense_tiles.h"
#include "recurrent_cells.h"
#include "peak_loop.h"
const ser_isa ser_isa_avx2 = SER_ISA_TABLE("avx2");
#pragma clang attribute pop
#endif
