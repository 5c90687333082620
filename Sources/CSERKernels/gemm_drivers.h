// The loop over tiles: panels outside, so that a panel stays in the first-level cache for all rows. Few rows take wide
// tiles, which keep enough independent sums in flight.

static void multiply(const ser_product *g) {
    tile t = {.row_step = g->row_step, .k_step = g->k_step, .ldp = g->ldp, .panel_step = g->panel_step,
              .k = g->k, .ldc = g->ldc, .start = g->start, .next = (const char *)g->p};
    if (g->next) {
        const int64_t tiles = (g->n + 31) / 32 * ((g->m + SER_TILE_ROWS - 1) / SER_TILE_ROWS), steps = tiles * g->k;
        t.next = (const char *)g->next;
        t.next_step = (g->next_count * 4 + steps - 1) / steps;
    }
    int64_t done = 0;
    if (g->m == 1) {
        done = tile_columns(g, &t, SER_TILE_ONE_ROW, 0, 0, SER_TILE_ONE_ROW_COLUMNS, g->n);
        done = tile_columns(g, &t, SER_TILE_HALF_ROW, 0, done, SER_TILE_HALF_ROW_COLUMNS, g->n);
    }
    if (g->m == 2) done = tile_columns(g, &t, SER_TILE_TWO_ROWS, 0, 0, SER_TILE_TWO_ROWS_COLUMNS, g->n);
    const int64_t width = SER_TILE_VECTORS * SER_LANES;
    for (; done < g->n; done += width) {
        int narrow = g->n - done < width;
        int64_t columns = narrow ? g->n - done : width;
        tile_function *const *bodies = narrow ? narrow_tiles : wide_tiles;
        for (int64_t row = 0; row < g->m;) {
            int64_t rows = g->m - row < SER_TILE_ROWS ? g->m - row : SER_TILE_ROWS;
            tile_columns(g, &t, bodies[rows - 1], row, done, columns, done + columns);
            row += rows;
        }
    }
}
