// Register tiles of the matrix products. Included by each kernels_*.c, which says how many floats a vector holds
// (SER_LANES) and how many rows (SER_TILE_ROWS, 8 at most) and vectors (SER_TILE_VECTORS) fit the registers.
//
// Every element of a product is one chain of multiply-adds over k in rising order, whichever tile computes it, so that
// a row's result depends neither on the other rows of its batch nor on how the work was cut.

typedef float lanes __attribute__((vector_size(4 * SER_LANES), aligned(4), may_alias));
enum { PANEL_VECTORS = SER_PANEL / SER_LANES };
#define SER_UNROLL _Pragma("clang loop unroll(full)")

typedef struct {
    const float *a; int64_t row_step, k_step;
    const float *p; int64_t ldp, panel_step;
    int64_t k;
    float *c; int64_t ldc;
    ser_start start;
    const float *bias;
    const char *next; int64_t next_step;  // fetched ahead, next_step bytes at each k
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
                if (start == SER_START_C) sum[r][v] = *(const lanes *)(c + r * ldc + v * SER_LANES);                   \
                else if (start == SER_START_BIAS) sum[r][v] = *(const lanes *)(t->bias + v * SER_LANES);               \
                else sum[r][v] = (lanes){0};                                                                           \
            }                                                                                                          \
        }                                                                                                              \
        for (int64_t i = 0; i < k; i++, a += k_step, p += ldp, next += next_step) {                                    \
            __builtin_prefetch(next, 0, 2);                                                                            \
            lanes b[V];                                                                                                \
            SER_UNROLL for (int v = 0; v < V; v++)                                                                     \
                b[v] = *(const lanes *)(p + (v / PANEL_VECTORS) * panel_step + (v % PANEL_VECTORS) * SER_LANES);       \
            SER_UNROLL for (int r = 0; r < R; r++) {                                                                   \
                float x = a[r * row_step];                                                                             \
                SER_UNROLL for (int v = 0; v < V; v++) sum[r][v] += x * b[v];                                          \
            }                                                                                                          \
        }                                                                                                              \
        SER_UNROLL for (int r = 0; r < R; r++)                                                                         \
            SER_UNROLL for (int v = 0; v < V; v++) *(lanes *)(c + r * ldc + v * SER_LANES) = sum[r][v];                \
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
