// SPDX-License-Identifier: Apache-2.0
// Winograd's transforms (see winograd.h), with the points 0, +-A, +-B and infinity, A * B = 1.

static const float A = 0.70710678f, B = 1.41421356f, A2 = 0.5f, B2 = 2, A3 = 0.35355339f, B3 = 2.82842712f, S = 2.5f;

SER_INLINE void line_input(const lanes d[6], lanes e[6]) {
    lanes even_a = d[4] - B2 * d[2], odd_a = d[3] - B2 * d[1], even_b = d[4] - A2 * d[2], odd_b = d[3] - A2 * d[1];
    e[0] = d[4] - S * d[2] + d[0];
    e[1] = even_a + A * odd_a;
    e[2] = even_a - A * odd_a;
    e[3] = even_b + B * odd_b;
    e[4] = even_b - B * odd_b;
    e[5] = d[5] - S * d[3] + d[1];
}

SER_INLINE void line_input_transposed(const lanes e[6], lanes d[6]) {
    lanes sum_a = e[1] + e[2], odd_a = A * (e[1] - e[2]), sum_b = e[3] + e[4], odd_b = B * (e[3] - e[4]);
    d[0] = e[0];
    d[1] = e[5] - B2 * odd_a - A2 * odd_b;
    d[2] = -S * e[0] - B2 * sum_a - A2 * sum_b;
    d[3] = odd_a + odd_b - S * e[5];
    d[4] = e[0] + sum_a + sum_b;
    d[5] = e[5];
}

SER_INLINE void line_output(const lanes m[6], lanes y[4]) {
    lanes sum_a = m[1] + m[2], odd_a = m[1] - m[2], sum_b = m[3] + m[4], odd_b = m[3] - m[4];
    y[0] = m[0] + sum_a + sum_b;
    y[1] = A * odd_a + B * odd_b;
    y[2] = A2 * sum_a + B2 * sum_b;
    y[3] = A3 * odd_a + B3 * odd_b + m[5];
}

SER_INLINE void line_output_transposed(const lanes g[4], lanes m[6]) {
    lanes even_a = g[0] + A2 * g[2], odd_a = A * g[1] + A3 * g[3];
    lanes even_b = g[0] + B2 * g[2], odd_b = B * g[1] + B3 * g[3];
    m[0] = g[0];
    m[1] = even_a + odd_a;
    m[2] = even_a - odd_a;
    m[3] = even_b + odd_b;
    m[4] = even_b - odd_b;
    m[5] = g[3];
}

// 1 / product of the point's distances from the other points.
static const float NA = 1 / (2 * 0.5f * (0.5f - 2)), NB = 1 / (2 * 2 * (2 - 0.5f));

SER_INLINE void line_weights(const lanes g[3], lanes u[6]) {
    lanes even_a = NA * g[0] + NA * A2 * g[2], odd_a = NA * A * g[1];
    lanes even_b = NB * g[0] + NB * B2 * g[2], odd_b = NB * B * g[1];
    u[0] = g[0];
    u[1] = even_a + odd_a;
    u[2] = even_a - odd_a;
    u[3] = even_b + odd_b;
    u[4] = even_b - odd_b;
    u[5] = g[2];
}

SER_INLINE void line_weights_transposed(const lanes u[6], lanes g[3]) {
    lanes sum_a = NA * (u[1] + u[2]), sum_b = NB * (u[3] + u[4]);
    g[0] = u[0] + sum_a + sum_b;
    g[1] = NA * A * (u[1] - u[2]) + NB * B * (u[3] - u[4]);
    g[2] = A2 * sum_a + B2 * sum_b + u[5];
}

static void tile_input(const float *x, int64_t row, int64_t step, int64_t channels, float *v, int64_t plane) {
    for (int64_t c = 0; c < channels; c += SER_LANES) {
        lanes t[6][6];  // [column][row]
        SER_UNROLL for (int j = 0; j < 6; j++) {
            lanes d[6];
            SER_UNROLL for (int i = 0; i < 6; i++) d[i] = SER_LOAD(x + i * row + j * step + c);
            line_input(d, t[j]);
        }
        SER_UNROLL for (int i = 0; i < 6; i++) {
            lanes d[6], e[6];
            SER_UNROLL for (int j = 0; j < 6; j++) d[j] = t[j][i];
            line_input(d, e);
            SER_UNROLL for (int j = 0; j < 6; j++) SER_STORE(v + (i * 6 + j) * plane + c, e[j]);
        }
    }
}

SER_INLINE void tile_output_whole(const float *m, int64_t plane, const lanes bias, float *y, int64_t row, int64_t step,
                                  int64_t rows, int64_t columns) {
    lanes t[6][4];  // [column][row]
    SER_UNROLL for (int j = 0; j < 6; j++) {
        lanes d[6];
        SER_UNROLL for (int i = 0; i < 6; i++) d[i] = SER_LOAD(m + (i * 6 + j) * plane);
        line_output(d, t[j]);
    }
    SER_UNROLL for (int i = 0; i < 4; i++) {
        lanes d[6], e[4];
        SER_UNROLL for (int j = 0; j < 6; j++) d[j] = t[j][i];
        line_output(d, e);
        if (i < rows)
            SER_UNROLL for (int j = 0; j < 4; j++) if (j < columns) SER_STORE(y + i * row + j * step, e[j] + bias);
    }
}

static void tile_output(const float *m, int64_t plane, int64_t channels, const float *bias, float *y, int64_t row,
                        int64_t step, int64_t rows, int64_t columns) {
    for (int64_t c = 0; c < channels; c += SER_LANES)
        if (rows == 4 && columns == 4)
            tile_output_whole(m + c, plane, SER_LOAD(bias + c), y + c, row, step, 4, 4);
        else
            tile_output_whole(m + c, plane, SER_LOAD(bias + c), y + c, row, step, rows, columns);
}

static void tile_output_transposed(const float *dy, int64_t row, int64_t step, int64_t channels, float *dm,
                                   int64_t plane) {
    for (int64_t c = 0; c < channels; c += SER_LANES) {
        lanes t[4][6];  // [column][row]
        SER_UNROLL for (int j = 0; j < 4; j++) {
            lanes d[4];
            SER_UNROLL for (int i = 0; i < 4; i++) d[i] = SER_LOAD(dy + i * row + j * step + c);
            line_output_transposed(d, t[j]);
        }
        SER_UNROLL for (int i = 0; i < 6; i++) {
            lanes d[4], e[6];
            SER_UNROLL for (int j = 0; j < 4; j++) d[j] = t[j][i];
            line_output_transposed(d, e);
            SER_UNROLL for (int j = 0; j < 6; j++) SER_STORE(dm + (i * 6 + j) * plane + c, e[j]);
        }
    }
}

static void tile_input_transposed(const float *dv, int64_t plane, int64_t channels, float *dx, int64_t row,
                                  int64_t step) {
    for (int64_t c = 0; c < channels; c += SER_LANES) {
        lanes t[6][6];  // [column][row]
        SER_UNROLL for (int j = 0; j < 6; j++) {
            lanes d[6];
            SER_UNROLL for (int i = 0; i < 6; i++) d[i] = SER_LOAD(dv + (i * 6 + j) * plane + c);
            line_input_transposed(d, t[j]);
        }
        SER_UNROLL for (int i = 0; i < 6; i++) {
            lanes d[6], e[6];
            SER_UNROLL for (int j = 0; j < 6; j++) d[j] = t[j][i];
            line_input_transposed(d, e);
            SER_UNROLL for (int j = 0; j < 6; j++) {
                float *at = dx + i * row + j * step + c;
                SER_STORE(at, SER_LOAD(at) + e[j]);
            }
        }
    }
}

static void tile_weights(const float *w, int64_t depth, int reversed, float *u) {
    int64_t tap = depth * PANEL, first = reversed ? 8 * tap : 0, step = reversed ? -tap : tap;
    for (int64_t c = 0; c < depth * PANEL; c += SER_LANES) {
        lanes t[3][6];  // [column][row]
        SER_UNROLL for (int j = 0; j < 3; j++) {
            lanes g[3];
            SER_UNROLL for (int i = 0; i < 3; i++) g[i] = SER_LOAD(w + first + (i * 3 + j) * step + c);
            line_weights(g, t[j]);
        }
        SER_UNROLL for (int i = 0; i < 6; i++) {
            lanes g[3] = {t[0][i], t[1][i], t[2][i]}, e[6];
            line_weights(g, e);
            SER_UNROLL for (int j = 0; j < 6; j++) SER_STORE(u + (i * 6 + j) * tap + c, e[j]);
        }
    }
}

static void tile_weights_transposed(const float *u, int64_t plane, int64_t depth, float *w) {
    int64_t tap = depth * PANEL;
    for (int64_t c = 0; c < depth * PANEL; c += SER_LANES) {
        lanes t[6][3];  // [column][row]
        SER_UNROLL for (int j = 0; j < 6; j++) {
            lanes d[6];
            SER_UNROLL for (int i = 0; i < 6; i++) d[i] = SER_LOAD(u + (i * 6 + j) * plane + c);
            line_weights_transposed(d, t[j]);
        }
        SER_UNROLL for (int i = 0; i < 3; i++) {
            lanes d[6], g[3];
            SER_UNROLL for (int j = 0; j < 6; j++) d[j] = t[j][i];
            line_weights_transposed(d, g);
            SER_UNROLL for (int j = 0; j < 3; j++) SER_STORE(w + (i * 3 + j) * tap + c, g[j]);
        }
    }
}
