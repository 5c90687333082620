// Kernels in plain vectors of four floats: any processor, and what arm64 (NEON) uses.
#include "isa.h"
#include "simd/simd.h"
#include <string.h>
#define SER_LANES 4
#if defined(__aarch64__)
#define SER_TILE_ROWS 8
#else
#define SER_TILE_ROWS 4
#endif
#define SER_TILE_VECTORS 2
#define SER_DOTS 8
#define SER_DOTS_2 4
#define SER_DOTS_4 2
#include "gemm_tiles.h"
SER_DEFINE_TILE(1, 2) SER_DEFINE_TILE(2, 2) SER_DEFINE_TILE(3, 2) SER_DEFINE_TILE(4, 2)
#if SER_TILE_ROWS == 8
SER_DEFINE_TILE(5, 2) SER_DEFINE_TILE(6, 2) SER_DEFINE_TILE(7, 2) SER_DEFINE_TILE(8, 2)
static tile_function *const wide_tiles[] = {tile_1x2, tile_2x2, tile_3x2, tile_4x2,
                                              tile_5x2, tile_6x2, tile_7x2, tile_8x2};
#else
static tile_function *const wide_tiles[] = {tile_1x2, tile_2x2, tile_3x2, tile_4x2};
#endif
SER_DEFINE_TILE(1, 8) SER_DEFINE_TILE(1, 4) SER_DEFINE_TILE(2, 4)
static tile_function *const *const narrow_tiles = wide_tiles;  // 16 columns are two whole tiles: nothing is narrow
#define SER_TILE_ONE_ROW tile_1x8
#define SER_TILE_ONE_ROW_COLUMNS 32
#define SER_TILE_HALF_ROW tile_1x4
#define SER_TILE_HALF_ROW_COLUMNS 16
#define SER_TILE_TWO_ROWS tile_2x4
#define SER_TILE_TWO_ROWS_COLUMNS 16
#include "gemm_drivers.h"
#include "dense_tiles.h"
#include "recurrent_cells.h"
#include "peak_loop.h"
const ser_isa ser_isa_portable = SER_ISA_TABLE("portable");
