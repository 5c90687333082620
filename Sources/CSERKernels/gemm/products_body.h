// SPDX-License-Identifier: Apache-2.0
// Register tiles of the matrix products, two vectors wide, and the loop over them. The source of an instruction set
// says how many rows of a tile fit the registers: SER_TILE_ROWS, 4 or 8.
//
// Every element of a product is one chain of multiply-adds over k in rising order, whichever tile computes it, so that
// a row's result depends neither on the other rows of its batch nor on how the work was cut.

enum { PANEL_VECTORS = SER_PANEL / SER_LANES, TILE_WIDTH = 2 * SER_LANES };

typedef struct {
    const float *a;
    int64_t row_step, k_step;
    const float *p;
    int64_t ldp, panel_step;
    int64_t k;
    float *c;
    int64_t ldc;
    ser_start start;
    const float *bias;
    const char *next;
    int64_t next_step;  // fetched ahead, next_step bytes at each k
} tile;

// R rows, V vectors; vectors beyond a panel's last lie in the panels that follow.
#define SER_DEFINE_TILE(R, V)                                                                                          \
    static void tile_##R##x##V(const tile *t) {                                                                        \
        lanes sum[R][V];                                                                                               \
        const int64_t row_step = t->row_step, k_step = t->k_step, ldp = t->ldp, panel_step = t->panel_step;            \
        const int64_t k = t->k, ldc = t->ldc;                                                                          \
        const float *restrict a = t->a, *restrict p = t->p;                                                            \
        float *restrict c = t->c;                                                                                      \
        const ser_start start = t->start;                                                                              \
        const char *next = t->next;                                                                                    \
        const int64_t next_step = t->next_step;                                                                        \
        SER_UNROLL for (int r = 0; r < R; r++) {                                                                       \
            SER_UNROLL for (int v = 0; v < V; v++) {                                                                   \
                if (start == SER_START_C)                                                                              \
                    sum[r][v] = SER_LOAD(c + r * ldc + v * SER_LANES);                                                 \
                else if (start == SER_START_BIAS)                                                                      \
                    sum[r][v] = SER_LOAD(t->bias + v * SER_LANES);                                                     \
                else                                                                                                   \
                    sum[r][v] = (lanes){0};                                                                            \
            }                                                                                                          \
        }                                                                                                              \
        for (int64_t i = 0; i < k; i++, a += k_step, p += ldp, next += next_step) {                                    \
            __builtin_prefetch(next, 0, 2);                                                                            \
            lanes b[V];                                                                                                \
            SER_UNROLL for (int v = 0; v < V; v++) b[v] =                                                              \
                SER_LOAD(p + (v / PANEL_VECTORS) * panel_step + (v % PANEL_VECTORS) * SER_LANES);                      \
            SER_UNROLL for (int r = 0; r < R; r++) {                                                                   \
                float x = a[r * row_step];                                                                             \
                SER_UNROLL for (int v = 0; v < V; v++) sum[r][v] += x * b[v];                                          \
            }                                                                                                          \
        }                                                                                                              \
        SER_UNROLL for (int r = 0; r < R; r++) SER_UNROLL for (int v = 0; v < V; v++)                                  \
            SER_STORE(c + r * ldc + v * SER_LANES, sum[r][v]);                                                         \
    }

typedef void tile_function(const tile *t);

/// Runs one tile shape over the columns from `first` on, as far as whole tiles go; returns where it stopped.
SER_INLINE int64_t tile_columns(const ser_product *g, tile *t, tile_function *body, int64_t row, int64_t first,
                                int64_t width, int64_t end) {
    int64_t column = first;
    for (; column + width <= end; column += width) {
        t->a = g->a + row * g->row_step;
        t->p = g->p + column / SER_PANEL * g->panel_step + column % SER_PANEL;
        t->c = g->c + row * g->ldc + column;
        t->bias = g->bias + (g->bias ? column : 0);
        body(t);
        t->next += g->k * t->next_step;
    }
    return column;
}

SER_DEFINE_TILE(1, 2)
SER_DEFINE_TILE(2, 2)
SER_DEFINE_TILE(3, 2)
SER_DEFINE_TILE(4, 2)
SER_DEFINE_TILE(1, 8)
SER_DEFINE_TILE(1, 4)
SER_DEFINE_TILE(2, 4)
#if SER_TILE_ROWS == 8
SER_DEFINE_TILE(5, 2)
SER_DEFINE_TILE(6, 2)
SER_DEFINE_TILE(7, 2)
SER_DEFINE_TILE(8, 2)
static tile_function *const wide_tiles[] = {tile_1x2, tile_2x2, tile_3x2, tile_4x2,
                                            tile_5x2, tile_6x2, tile_7x2, tile_8x2};
#else
static tile_function *const wide_tiles[] = {tile_1x2, tile_2x2, tile_3x2, tile_4x2};
#endif

// Columns come in multiples of 16: where a vector is as long, the last of them fill half a tile.
#if SER_LANES == 16
SER_DEFINE_TILE(1, 1)
SER_DEFINE_TILE(2, 1)
SER_DEFINE_TILE(3, 1)
SER_DEFINE_TILE(4, 1)
SER_DEFINE_TILE(5, 1)
SER_DEFINE_TILE(6, 1)
SER_DEFINE_TILE(7, 1)
SER_DEFINE_TILE(8, 1)
static tile_function *const narrow_tiles[] = {tile_1x1, tile_2x1, tile_3x1, tile_4x1,
                                              tile_5x1, tile_6x1, tile_7x1, tile_8x1};
#else
static tile_function *const *const narrow_tiles = wide_tiles;
#endif

/// Panels outside, so that a panel stays in the first-level cache for all rows. Few rows take wide tiles, which keep
/// enough independent sums in flight.
static void multiply(const ser_product *g) {
    tile t = {.row_step = g->row_step,
              .k_step = g->k_step,
              .ldp = g->ldp,
              .panel_step = g->panel_step,
              .k = g->k,
              .ldc = g->ldc,
              .start = g->start,
              .next = (const char *)g->p};
    if (g->next) {
        const int64_t tiles = (g->n + 31) / 32 * ((g->m + SER_TILE_ROWS - 1) / SER_TILE_ROWS), steps = tiles * g->k;
        t.next = (const char *)g->next;
        t.next_step = (g->next_count * 4 + steps - 1) / steps;
    }
    int64_t done = 0;
    if (g->m == 1) {
        done = tile_columns(g, &t, tile_1x8, 0, 0, 8 * SER_LANES, g->n);
        done = tile_columns(g, &t, tile_1x4, 0, done, 4 * SER_LANES, g->n);
    }
    if (g->m == 2) done = tile_columns(g, &t, tile_2x4, 0, 0, 4 * SER_LANES, g->n);
    for (; done < g->n; done += TILE_WIDTH) {
        int narrow = g->n - done < TILE_WIDTH;
        int64_t columns = narrow ? g->n - done : TILE_WIDTH;
        tile_function *const *bodies = narrow ? narrow_tiles : wide_tiles;
        for (int64_t row = 0; row < g->m;) {
            int64_t rows = g->m - row < SER_TILE_ROWS ? g->m - row : SER_TILE_ROWS;
            tile_columns(g, &t, bodies[rows - 1], row, done, columns, done + columns);
            row += rows;
        }
    }
}
