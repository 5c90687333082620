// SPDX-License-Identifier: Apache-2.0
// The first block of a network (see first.h).

enum { WIDE = SER_LANES / 2, TAPS = 9 };  // doubles in a vector
typedef double wide __attribute__((vector_size(SER_LANES * 4)));

SER_INLINE wide load_wide(const double *p) {
    wide v;
    memcpy(&v, p, sizeof v);
    return v;
}

SER_INLINE void gram_line(const double *lines, int64_t step, double gram[10][TAPS], const int s) {
    wide sum[TAPS], total = {0};
    SER_UNROLL for (int t = s; t < TAPS; t++) sum[t] = (wide){0};
    for (int64_t i = 0; i < step; i += WIDE) {
        wide a = load_wide(lines + s * step + i);
        total += a;
        SER_UNROLL for (int t = s; t < TAPS; t++) sum[t] += a * load_wide(lines + t * step + i);
    }
    SER_UNROLL for (int l = 0; l < WIDE; l++) {
        gram[TAPS][s] += total[l];
        SER_UNROLL for (int t = s; t < TAPS; t++) gram[s][t] += sum[t][l];
    }
}

static void gram(const float *x, int64_t x_row, int64_t rows, int64_t width, const int64_t *offsets, double *lines,
                 double gram[10][9]) {
    int64_t step = (width + WIDE - 1) / WIDE * WIDE;
    memset(lines, 0, (size_t)(TAPS * step) * sizeof(double));
    for (int64_t h = 0; h < rows; h++, x += x_row) {
        for (int t = 0; t < TAPS; t++) {
            const float *from = x + offsets[t];
            for (int64_t i = 0; i < width; i++) lines[t * step + i] = from[i];
        }
        gram_line(lines, step, gram, 0);
        gram_line(lines, step, gram, 1);
        gram_line(lines, step, gram, 2);
        gram_line(lines, step, gram, 3);
        gram_line(lines, step, gram, 4);
        gram_line(lines, step, gram, 5);
        gram_line(lines, step, gram, 6);
        gram_line(lines, step, gram, 7);
        gram_line(lines, step, gram, 8);
    }
}

SER_INLINE void store_bytes(uint8_t *p, lane_mask m) {
    typedef uint8_t bytes __attribute__((vector_size(SER_LANES)));
    bytes b = __builtin_convertvector(m, bytes);
    memcpy(p, &b, sizeof b);
}

SER_INLINE lane_mask load_bytes(const uint8_t *p) {
    typedef uint8_t bytes __attribute__((vector_size(SER_LANES)));
    bytes b;
    memcpy(&b, p, sizeof b);
    return __builtin_convertvector(b, lane_mask);
}

/// Whether no sum over taps can cease to be a number: nothing is NaN, nor so large that the products could overflow.
static int stays_ordinary(const struct first_arguments *a) {
    int64_t columns = smaller(a->pooled_width * a->window_width, a->width);
    int64_t count = (a->pooled_rows * a->window_height - 1) * a->x_row + columns + a->offsets[TAPS - 1];
    int ordinary = 1;
    for (int64_t i = 0; i < count; i++) ordinary &= __builtin_fabsf(a->x[i]) < 1e30f;
    for (int64_t i = 0; i < TAPS * a->channels; i++) ordinary &= __builtin_fabsf(a->w[i]) < 1e7f;
    for (int64_t i = 0; i < a->channels; i++) ordinary &= __builtin_fabsf(a->bias[i]) < 1e37f;
    return ordinary;
}

/// One row of windows, for `vectors` vectors of channels from c on; the weights stay in registers. Where values may be
/// NaN, a NaN wins, so that it is seen.
SER_INLINE void first_pool_row(const struct first_arguments *a, const float *x, int64_t c, uint8_t *winners,
                               float *pooled, const int vectors, const int64_t height, const int64_t window,
                               const int ordinary) {
    lanes w[TAPS][2], bias[2], sign[2], scale[2], shift[2], zero = {0};
    int64_t offsets[TAPS];
    memcpy(offsets, a->offsets, sizeof offsets);
    SER_UNROLL for (int v = 0; v < vectors; v++) {
        int64_t at = c + v * SER_LANES;
        SER_UNROLL for (int t = 0; t < TAPS; t++) w[t][v] = SER_LOAD(a->w + t * a->channels + at);
        bias[v] = SER_LOAD(a->bias + at);
        sign[v] = SER_LOAD(a->sign + at);
        scale[v] = SER_LOAD(a->scale + at);
        shift[v] = SER_LOAD(a->shift + at);
    }
    for (int64_t k = 0; k < a->pooled_width; k++) {
        int64_t width = smaller(window, a->width - k * window);
        lanes best[2], key[2];
        lane_mask code[2];
        SER_UNROLL for (int v = 0; v < vectors; v++) best[v] = key[v] = zero, code[v] = (lane_mask){0};
        for (int64_t i = 0; i < height; i++)
            for (int64_t j = 0; j < width; j++) {
                const float *p = x + i * a->x_row + k * window + j;
                lanes y[2];
                SER_UNROLL for (int v = 0; v < vectors; v++) y[v] = bias[v];
                SER_UNROLL for (int t = 0; t < TAPS; t++) {
                    float f = p[offsets[t]];
                    SER_UNROLL for (int v = 0; v < vectors; v++) y[v] += f * w[t][v];
                }
                int32_t position = (int32_t)(i * window + j);
                SER_UNROLL for (int v = 0; v < vectors; v++) {
                    lanes value = y[v] * sign[v];
                    lane_mask m = position ? value > key[v] : zero == zero;
                    if (!ordinary) m |= y[v] != y[v];
                    key[v] = choose(m, value, key[v]);
                    best[v] = choose(m, y[v], best[v]);
                    code[v] = (m & position) | (~m & code[v]);
                }
            }
        SER_UNROLL for (int v = 0; v < vectors; v++) {
            lanes z = scale[v] * best[v] + shift[v];
            int64_t at = k * a->channels + c + v * SER_LANES;
            if (winners) store_bytes(winners + at, a->relu ? code[v] | ((z <= zero) & NO_WINNER) : code[v]);
            SER_STORE(pooled + at, a->relu ? choose(z < zero, zero, z) : z);  // so that NaN stays NaN
        }
    }
}

SER_INLINE void first_gradient_row(const struct first_arguments *a, const float *x, int64_t c, const uint8_t *winners,
                                   const float *g, const int vectors, const int64_t height, const int64_t window) {
    lanes s[TAPS + 1][2], zero = {0};
    int64_t offsets[TAPS];
    memcpy(offsets, a->offsets, sizeof offsets);
    SER_UNROLL for (int t = 0; t <= TAPS; t++) SER_UNROLL for (int v = 0; v < vectors; v++) s[t][v] = zero;
    for (int64_t k = 0; k < a->pooled_width; k++) {
        int64_t width = smaller(window, a->width - k * window), at = k * a->channels + c;
        lane_mask code[2];
        lanes d[2];
        SER_UNROLL for (int v = 0; v < vectors; v++) {
            code[v] = load_bytes(winners + at + v * SER_LANES);
            d[v] = SER_LOAD(g + at + v * SER_LANES);
            s[TAPS][v] += choose(code[v] == NO_WINNER, zero, d[v]);
        }
        for (int64_t i = 0; i < height; i++)
            for (int64_t j = 0; j < width; j++) {
                const float *p = x + i * a->x_row + k * window + j;
                lanes here[2];
                int32_t position = (int32_t)(i * window + j);
                SER_UNROLL for (int v = 0; v < vectors; v++) here[v] = choose(code[v] == position, d[v], zero);
                SER_UNROLL for (int t = 0; t < TAPS; t++) {
                    float f = p[offsets[t]];
                    SER_UNROLL for (int v = 0; v < vectors; v++) s[t][v] += f * here[v];
                }
            }
    }
    SER_UNROLL for (int t = 0; t <= TAPS; t++) SER_UNROLL for (int v = 0; v < vectors; v++) {
        float *sum = a->sums + t * a->channels + c + v * SER_LANES;
        SER_STORE(sum, SER_LOAD(sum) + s[t][v]);
    }
}

#define FOR_FIRST_ROWS(call)                                                                                           \
    for (int64_t h = 0; h < a->pooled_rows; h++) {                                                                     \
        const float *x = a->x + h * a->window_height * a->x_row;                                                       \
        uint8_t *winners = a->winners ? a->winners + h * a->pooled_row : NULL;                                         \
        for (int64_t c = 0; c < a->channels; c += 2 * SER_LANES) {                                                     \
            const int two = c + 2 * SER_LANES <= a->channels, square = a->window_height == 2 && a->window_width == 2;  \
            if (two && square)                                                                                         \
                call(2, 2, 2);                                                                                         \
            else if (two)                                                                                              \
                call(2, a->window_height, a->window_width);                                                            \
            else                                                                                                       \
                call(1, a->window_height, a->window_width);                                                            \
        }                                                                                                              \
    }

static void first_pool(const struct first_arguments *a) {
#define CALL(vectors, height, window)                                                                                  \
    first_pool_row(a, x, c, winners, a->pooled + h * a->pooled_row, vectors, height, window, 1)
#define CAREFUL(vectors, height, window)                                                                               \
    first_pool_row(a, x, c, winners, a->pooled + h * a->pooled_row, vectors, height, window, 0)
    if (stays_ordinary(a)) {
        FOR_FIRST_ROWS(CALL)
    } else {
        FOR_FIRST_ROWS(CAREFUL)
    }
#undef CALL
#undef CAREFUL
}

static void first_gradient(const struct first_arguments *a) {
#define CALL(vectors, height, window)                                                                                  \
    first_gradient_row(a, x, c, winners, a->g + h * a->pooled_row, vectors, height, window)
    FOR_FIRST_ROWS(CALL)
#undef CALL
}
