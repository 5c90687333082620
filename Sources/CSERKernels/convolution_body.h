// The inner kernels of convolution, compiled once for each instruction set. LANES: floats in a vector; ROWS: rows of a
// register tile, which is two vectors wide; KERNELS: the name of the table.
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int32_t mask __attribute__((vector_size(LANES * 4)));
enum { PANEL = 2 * LANES };

INLINE vec load(const float *p) { vec v; memcpy(&v, p, sizeof v); return v; }
INLINE void store(float *p, vec v) { memcpy(p, &v, sizeof v); }
INLINE vec choose(mask m, vec a, vec b) { return (vec)((m & (mask)a) | (~m & (mask)b)); }
INLINE vec largest(vec a, vec b) { return __builtin_elementwise_max(a, b); }

// MARK: transposition

#define LOW(i, k) ((i) & (k) ? LANES + (i) - (k) : (i))
#define HIGH(i, k) ((i) & (k) ? LANES + (i) : (i) + (k))
#define FOUR(f, i, k) f(i, k), f((i) + 1, k), f((i) + 2, k), f((i) + 3, k)
#if LANES == 16
#define ALL(f, k) FOUR(f, 0, k), FOUR(f, 4, k), FOUR(f, 8, k), FOUR(f, 12, k)
#elif LANES == 8
#define ALL(f, k) FOUR(f, 0, k), FOUR(f, 4, k)
#else
#define ALL(f, k) FOUR(f, 0, k)
#endif
#define EXCHANGE(k) \
    UNROLL for (int i = 0; i < LANES; i++) if (!(i & (k))) { \
        vec a = r[i], b = r[i | (k)]; \
        r[i] = __builtin_shufflevector(a, b, ALL(LOW, k)); \
        r[i | (k)] = __builtin_shufflevector(a, b, ALL(HIGH, k)); \
    }

INLINE void transpose_square(float *dst, int64_t dst_step, const float *src, int64_t src_step) {
    vec r[LANES];
    UNROLL for (int i = 0; i < LANES; i++) r[i] = load(src + i * src_step);
#if LANES == 16
    EXCHANGE(8)
#endif
#if LANES >= 8
    EXCHANGE(4)
#endif
    EXCHANGE(2)
    EXCHANGE(1)
    UNROLL for (int i = 0; i < LANES; i++) store(dst + i * dst_step, r[i]);
}

static void transpose(float *dst, int64_t dst_step, const float *src, int64_t src_step, int64_t rows, int64_t columns) {
    if (rows < LANES || columns < LANES) {
        for (int64_t c = 0; c < columns; c++)
            for (int64_t r = 0; r < rows; r++) dst[c * dst_step + r] = src[r * src_step + c];
        return;
    }
    // The last square of a row or column overlaps the one before it.
    for (int64_t c = 0; c < columns; c += LANES) {
        int64_t column = c + LANES <= columns ? c : columns - LANES;
        for (int64_t r = 0; r < rows; r += LANES) {
            int64_t row = r + LANES <= rows ? r : rows - LANES;
            transpose_square(dst + column * dst_step + row, dst_step, src + row * src_step + column, src_step);
        }
    }
}

// MARK: products

INLINE void correlate_tile(
    const float *x, int64_t step, const int64_t *offsets, int64_t taps, int64_t depth, const float *w,
    const float *start, int64_t start_step, float *out, int64_t out_step, const int vectors
) {
    vec c[ROWS][2];
    UNROLL for (int r = 0; r < ROWS; r++)
        UNROLL for (int v = 0; v < vectors; v++) c[r][v] = load(start + r * start_step + v * LANES);
    for (int64_t t = 0; t < taps; t++) {
        const float *a = x + offsets[t];
        for (int64_t d = 0; d < depth; d++, w += PANEL) {
            vec b[2];
            UNROLL for (int v = 0; v < vectors; v++) b[v] = load(w + v * LANES);
            UNROLL for (int r = 0; r < ROWS; r++) {
                float s = a[r * step + d];
                UNROLL for (int v = 0; v < vectors; v++) c[r][v] += s * b[v];
            }
        }
    }
    UNROLL for (int r = 0; r < ROWS; r++)
        UNROLL for (int v = 0; v < vectors; v++) store(out + r * out_step + v * LANES, c[r][v]);
}

INLINE void correlate_panel(
    const float *x, int64_t step, const int64_t *offsets, int64_t taps, int64_t depth, const float *w,
    const float *bias, float *out, int64_t out_step, int64_t count, int64_t n, const int vectors
) {
    float buffer[ROWS * PANEL];
    for (int64_t i = 0; i < count; i += ROWS) {
        const float *a = x + i * step;
        float *o = out + i * out_step;
        if (i + ROWS <= count && n == vectors * LANES) {
            correlate_tile(a, step, offsets, taps, depth, w, bias ? bias : o, bias ? 0 : out_step, o, out_step, vectors);
            continue;
        }
        int64_t rows = i + ROWS <= count ? ROWS : count - i;
        memset(buffer, 0, sizeof buffer);
        if (!bias) for (int64_t r = 0; r < rows; r++) memcpy(buffer + r * PANEL, o + r * out_step, (size_t)n * sizeof(float));
        correlate_tile(a, step, offsets, taps, depth, w, bias ? bias : buffer, bias ? 0 : PANEL, buffer, PANEL, vectors);
        for (int64_t r = 0; r < rows; r++) memcpy(o + r * out_step, buffer + r * PANEL, (size_t)n * sizeof(float));
    }
}

static void correlate(
    const float *x, int64_t step, const int64_t *offsets, int64_t taps, int64_t depth, const float *w,
    const float *bias, float *out, int64_t out_step, int64_t count, int64_t n
) {
    if (n > LANES) correlate_panel(x, step, offsets, taps, depth, w, bias, out, out_step, count, n, 2);
    else correlate_panel(x, step, offsets, taps, depth, w, bias, out, out_step, count, n, 1);
}

INLINE void accumulate_tile(
    const float *x, int64_t x_step, const int64_t *offsets, const float *dy, int64_t dy_step, int64_t count, float *c,
    const int vectors
) {
    vec s[ROWS][2];
    UNROLL for (int r = 0; r < ROWS; r++)
        UNROLL for (int v = 0; v < vectors; v++) s[r][v] = load(c + r * PANEL + v * LANES);
    const float *a[ROWS];
    UNROLL for (int r = 0; r < ROWS; r++) a[r] = x + offsets[r];
    for (int64_t i = 0; i < count; i++, dy += dy_step) {
        vec b[2];
        UNROLL for (int v = 0; v < vectors; v++) b[v] = load(dy + v * LANES);
        UNROLL for (int r = 0; r < ROWS; r++) {
            float f = a[r][i * x_step];
            UNROLL for (int v = 0; v < vectors; v++) s[r][v] += f * b[v];
        }
    }
    UNROLL for (int r = 0; r < ROWS; r++)
        UNROLL for (int v = 0; v < vectors; v++) store(c + r * PANEL + v * LANES, s[r][v]);
}

static void accumulate(
    const float *x, int64_t x_step, const int64_t *offsets, int64_t rows, const float *dy, int64_t dy_step,
    int64_t count, int64_t n, float *c
) {
    for (int64_t r = 0; r < rows; r += ROWS)
        if (n > LANES) accumulate_tile(x, x_step, offsets + r, dy, dy_step, count, c + r * PANEL, 2);
        else accumulate_tile(x, x_step, offsets + r, dy, dy_step, count, c + r * PANEL, 1);
}

// MARK: statistics

INLINE void moments_of(
    const float *y, int64_t row, int64_t rows, int64_t width, int64_t channels, float *mean, float *squares,
    const int vectors
) {
    vec total[4], m[4];
    UNROLL for (int v = 0; v < vectors; v++) total[v] = (vec){0};
    for (int64_t h = 0; h < rows; h++) {
        vec s[4];
        UNROLL for (int v = 0; v < vectors; v++) s[v] = (vec){0};
        for (int64_t w = 0; w < width; w++)
            UNROLL for (int v = 0; v < vectors; v++) s[v] += load(y + h * row + w * channels + v * LANES);
        UNROLL for (int v = 0; v < vectors; v++) total[v] += s[v];
    }
    UNROLL for (int v = 0; v < vectors; v++) {
        m[v] = total[v] / (float)(rows * width);
        store(mean + v * LANES, m[v]);
        total[v] = (vec){0};
    }
    for (int64_t h = 0; h < rows; h++) {
        vec s[4];
        UNROLL for (int v = 0; v < vectors; v++) s[v] = (vec){0};
        for (int64_t w = 0; w < width; w++)
            UNROLL for (int v = 0; v < vectors; v++) {
                vec d = load(y + h * row + w * channels + v * LANES) - m[v];
                s[v] += d * d;
            }
        UNROLL for (int v = 0; v < vectors; v++) total[v] += s[v];
    }
    UNROLL for (int v = 0; v < vectors; v++) store(squares + v * LANES, total[v]);
}

static void moments(
    const float *y, int64_t row, int64_t rows, int64_t width, int64_t channels, float *mean, float *squares
) {
    int64_t c = 0;
    for (; c + 4 * LANES <= channels; c += 4 * LANES) moments_of(y + c, row, rows, width, channels, mean + c, squares + c, 4);
    for (; c < channels; c += LANES) moments_of(y + c, row, rows, width, channels, mean + c, squares + c, 1);
}

enum { RUN = 64 };  // positions summed in one accumulator before it is added to the total

static void sums(const float *y, int64_t count, int64_t channels, float *sum) {
    for (int64_t i = 0; i < count; i += RUN) {
        int64_t end = i + RUN < count ? i + RUN : count;
        for (int64_t c = 0; c < channels; c += LANES) {
            vec s = (vec){0};
            for (int64_t j = i; j < end; j++) s += load(y + j * channels + c);
            store(sum + c, load(sum + c) + s);
        }
    }
}

static void gated_sums(
    const float *g, const float *winners, int64_t count, int64_t channels, const float *scale, const float *shift,
    const float *mean, int relu, float *s1, float *s2
) {
    vec zero = {0};
    for (int64_t i = 0; i < count; i += RUN) {
        int64_t end = i + RUN < count ? i + RUN : count;
        for (int64_t c = 0; c < channels; c += LANES) {
            vec a = zero, b = zero, k = load(scale + c), t = load(shift + c), m = load(mean + c);
            for (int64_t j = i; j < end; j++) {
                vec q = load(winners + j * channels + c), d = load(g + j * channels + c);
                if (relu) d = choose(k * q + t > zero, d, zero);
                a += d;
                b += d * (q - m);
            }
            store(s1 + c, load(s1 + c) + a);
            store(s2 + c, load(s2 + c) + b);
        }
    }
}

// MARK: pooling

INLINE void pool_window(
    const struct pool_arguments *a, const float *y, int64_t height, int64_t width, float *winner, float *pooled
) {
    vec zero = {0};
    for (int64_t c = 0; c < a->channels; c += LANES) {
        vec sign = load(a->sign + c), best = load(y + c), key = best * sign;
        for (int64_t i = 0; i < height; i++)
            for (int64_t j = 0; j < width; j++) {
                vec value = load(y + i * a->y_row + j * a->channels + c), k = value * sign;
                mask m = k > key;
                best = choose(m, value, best);
                key = choose(m, k, key);
            }
        if (winner) store(winner + c, best);
        vec z = load(a->scale + c) * best + load(a->shift + c);
        store(pooled + c, a->relu ? largest(z, zero) : z);
    }
}

INLINE int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }

static void pool(const struct pool_arguments *a) {
    for (int64_t h = 0; h < a->pooled_rows; h++) {
        const float *y = a->y + h * a->window_height * a->y_row;
        float *winner = a->winners ? a->winners + h * a->pooled_row : NULL, *pooled = a->pooled + h * a->pooled_row;
        for (int64_t w = 0; w < a->pooled_width; w++) {
            int64_t width = at_most(a->window_width, a->width - w * a->window_width);
            if (a->window_height == 2 && width == 2) pool_window(a, y, 2, 2, winner, pooled);
            else pool_window(a, y, a->window_height, width, winner, pooled);
            y += a->window_width * a->channels;
            if (winner) winner += a->channels;
            pooled += a->channels;
        }
    }
}

INLINE void unpool_window(
    const struct pool_arguments *a, const float *y, int64_t height, int64_t width, const float *winner, const float *g,
    float *dy
) {
    vec zero = {0};
    for (int64_t c = 0; c < a->channels; c += LANES) {
        vec scale = load(a->scale + c), constant = load(a->constant + c), slope = load(a->slope + c);
        vec best = load(winner + c), d = scale * load(g + c);
        if (a->relu) d = choose(scale * best + load(a->shift + c) > zero, d, zero);
        for (int64_t i = 0; i < height; i++)
            for (int64_t j = 0; j < width; j++) {
                vec value = load(y + i * a->y_row + j * a->channels + c);
                mask m = value == best;  // the first in the window; then nothing is left for the others
                store(dy + i * a->dy_row + j * a->channels + c, constant + slope * value + choose(m, d, zero));
                d = choose(m, zero, d);
            }
    }
}

INLINE void unpool_rest(const struct pool_arguments *a, const float *y, float *dy, int64_t from, int64_t to) {
    for (int64_t w = from; w < to; w++)
        for (int64_t c = 0; c < a->channels; c += LANES)
            store(dy + w * a->channels + c, load(a->constant + c) + load(a->slope + c) * load(y + w * a->channels + c));
}

static void unpool(const struct pool_arguments *a) {
    for (int64_t h = 0; h < a->pooled_rows; h++) {
        const float *y = a->y + h * a->window_height * a->y_row;
        float *dy = a->dy + h * a->window_height * a->dy_row;
        const float *winner = a->winners + h * a->pooled_row, *g = a->g + h * a->pooled_row;
        for (int64_t w = 0; w < a->pooled_width; w++) {
            int64_t width = at_most(a->window_width, a->width - w * a->window_width);
            if (a->window_height == 2 && width == 2) unpool_window(a, y, 2, 2, winner, g, dy);
            else unpool_window(a, y, a->window_height, width, winner, g, dy);
            y += a->window_width * a->channels; dy += a->window_width * a->channels;
            winner += a->channels; g += a->channels;
        }
    }
    int64_t covered = at_most(a->pooled_width * a->window_width, a->width);
    for (int64_t h = 0; h < a->rows; h++)
        unpool_rest(a, a->y + h * a->y_row, a->dy + h * a->dy_row,
                    h < a->pooled_rows * a->window_height ? covered : 0, a->width);
}

// MARK: the first layer

enum { WIDE = LANES / 2, TAPS = 9 };  // doubles in a vector
typedef double wide __attribute__((vector_size(LANES * 4)));

INLINE wide load_wide(const double *p) { wide v; memcpy(&v, p, sizeof v); return v; }

INLINE void gram_line(const double *lines, int64_t step, double gram[10][TAPS], const int s) {
    wide sum[TAPS], total = {0};
    UNROLL for (int t = s; t < TAPS; t++) sum[t] = (wide){0};
    for (int64_t i = 0; i < step; i += WIDE) {
        wide a = load_wide(lines + s * step + i);
        total += a;
        UNROLL for (int t = s; t < TAPS; t++) sum[t] += a * load_wide(lines + t * step + i);
    }
    UNROLL for (int l = 0; l < WIDE; l++) {
        gram[TAPS][s] += total[l];
        UNROLL for (int t = s; t < TAPS; t++) gram[s][t] += sum[t][l];
    }
}

static void gram(
    const float *x, int64_t x_row, int64_t rows, int64_t width, const int64_t *offsets, double *lines, double gram[10][9]
) {
    int64_t step = (width + WIDE - 1) / WIDE * WIDE;
    memset(lines, 0, (size_t)(TAPS * step) * sizeof(double));
    for (int64_t h = 0; h < rows; h++, x += x_row) {
        for (int t = 0; t < TAPS; t++) {
            const float *from = x + offsets[t];
            for (int64_t i = 0; i < width; i++) lines[t * step + i] = from[i];
        }
        gram_line(lines, step, gram, 0); gram_line(lines, step, gram, 1); gram_line(lines, step, gram, 2);
        gram_line(lines, step, gram, 3); gram_line(lines, step, gram, 4); gram_line(lines, step, gram, 5);
        gram_line(lines, step, gram, 6); gram_line(lines, step, gram, 7); gram_line(lines, step, gram, 8);
    }
}

INLINE void store_bytes(uint8_t *p, mask m) {
    typedef uint8_t bytes __attribute__((vector_size(LANES)));
    bytes b = __builtin_convertvector(m, bytes);
    memcpy(p, &b, sizeof b);
}

INLINE mask load_bytes(const uint8_t *p) {
    typedef uint8_t bytes __attribute__((vector_size(LANES)));
    bytes b;
    memcpy(&b, p, sizeof b);
    return __builtin_convertvector(b, mask);
}

/// One row of windows, for `vectors` vectors of channels from c on; the weights stay in registers.
INLINE void first_pool_row(
    const struct first_arguments *a, const float *x, int64_t c, uint8_t *winners, float *pooled,
    const int vectors, const int64_t height, const int64_t window
) {
    vec w[TAPS][2], bias[2], sign[2], scale[2], shift[2], zero = {0};
    int64_t offsets[TAPS];
    memcpy(offsets, a->offsets, sizeof offsets);
    UNROLL for (int v = 0; v < vectors; v++) {
        int64_t at = c + v * LANES;
        UNROLL for (int t = 0; t < TAPS; t++) w[t][v] = load(a->w + t * a->channels + at);
        bias[v] = load(a->bias + at); sign[v] = load(a->sign + at);
        scale[v] = load(a->scale + at); shift[v] = load(a->shift + at);
    }
    for (int64_t k = 0; k < a->pooled_width; k++) {
        int64_t width = at_most(window, a->width - k * window);
        vec best[2], key[2];
        mask code[2];
        UNROLL for (int v = 0; v < vectors; v++) best[v] = key[v] = zero, code[v] = (mask){0};
        for (int64_t i = 0; i < height; i++)
            for (int64_t j = 0; j < width; j++) {
                const float *p = x + i * a->x_row + k * window + j;
                vec y[2];
                UNROLL for (int v = 0; v < vectors; v++) y[v] = bias[v];
                UNROLL for (int t = 0; t < TAPS; t++) {
                    float f = p[offsets[t]];
                    UNROLL for (int v = 0; v < vectors; v++) y[v] += f * w[t][v];
                }
                int32_t position = (int32_t)(i * window + j);
                UNROLL for (int v = 0; v < vectors; v++) {
                    vec value = y[v] * sign[v];
                    mask m = position ? value > key[v] : zero == zero;
                    key[v] = choose(m, value, key[v]);
                    best[v] = choose(m, y[v], best[v]);
                    code[v] = (m & position) | (~m & code[v]);
                }
            }
        UNROLL for (int v = 0; v < vectors; v++) {
            vec z = scale[v] * best[v] + shift[v];
            int64_t at = k * a->channels + c + v * LANES;
            if (winners) store_bytes(winners + at, a->relu ? code[v] | (~(z > zero) & NO_WINNER) : code[v]);
            store(pooled + at, a->relu ? largest(z, zero) : z);
        }
    }
}

INLINE void first_gradient_row(
    const struct first_arguments *a, const float *x, int64_t c, const uint8_t *winners, const float *g,
    const int vectors, const int64_t height, const int64_t window
) {
    vec s[TAPS + 1][2], zero = {0};
    int64_t offsets[TAPS];
    memcpy(offsets, a->offsets, sizeof offsets);
    UNROLL for (int t = 0; t <= TAPS; t++)
        UNROLL for (int v = 0; v < vectors; v++) s[t][v] = zero;
    for (int64_t k = 0; k < a->pooled_width; k++) {
        int64_t width = at_most(window, a->width - k * window), at = k * a->channels + c;
        mask code[2];
        vec d[2];
        UNROLL for (int v = 0; v < vectors; v++) {
            code[v] = load_bytes(winners + at + v * LANES);
            d[v] = load(g + at + v * LANES);
            s[TAPS][v] += choose(code[v] == NO_WINNER, zero, d[v]);
        }
        for (int64_t i = 0; i < height; i++)
            for (int64_t j = 0; j < width; j++) {
                const float *p = x + i * a->x_row + k * window + j;
                vec here[2];
                UNROLL for (int v = 0; v < vectors; v++) here[v] = choose(code[v] == (int32_t)(i * window + j), d[v], zero);
                UNROLL for (int t = 0; t < TAPS; t++) {
                    float f = p[offsets[t]];
                    UNROLL for (int v = 0; v < vectors; v++) s[t][v] += f * here[v];
                }
            }
    }
    UNROLL for (int t = 0; t <= TAPS; t++)
        UNROLL for (int v = 0; v < vectors; v++) {
            float *sum = a->sums + t * a->channels + c + v * LANES;
            store(sum, load(sum) + s[t][v]);
        }
}

#define FOR_FIRST_ROWS(call) \
    for (int64_t h = 0; h < a->pooled_rows; h++) { \
        const float *x = a->x + h * a->window_height * a->x_row; \
        uint8_t *winners = a->winners ? a->winners + h * a->pooled_row : NULL; \
        for (int64_t c = 0; c < a->channels; c += 2 * LANES) { \
            const int two = c + 2 * LANES <= a->channels, square = a->window_height == 2 && a->window_width == 2; \
            if (two && square) call(2, 2, 2); \
            else if (two) call(2, a->window_height, a->window_width); \
            else call(1, a->window_height, a->window_width); \
        } \
    }

static void first_pool(const struct first_arguments *a) {
#define CALL(vectors, height, window) \
    first_pool_row(a, x, c, winners, a->pooled + h * a->pooled_row, vectors, height, window)
    FOR_FIRST_ROWS(CALL)
#undef CALL
}

static void first_gradient(const struct first_arguments *a) {
#define CALL(vectors, height, window) \
    first_gradient_row(a, x, c, winners, a->g + h * a->pooled_row, vectors, height, window)
    FOR_FIRST_ROWS(CALL)
#undef CALL
}

// MARK: Winograd's transforms, with the points 0, +-A, +-B and infinity, A * B = 1

static const float A = 0.70710678f, B = 1.41421356f, A2 = 0.5f, B2 = 2, A3 = 0.35355339f, B3 = 2.82842712f, S = 2.5f;

INLINE void line_input(const vec d[6], vec e[6]) {
    vec even_a = d[4] - B2 * d[2], odd_a = d[3] - B2 * d[1], even_b = d[4] - A2 * d[2], odd_b = d[3] - A2 * d[1];
    e[0] = d[4] - S * d[2] + d[0];
    e[1] = even_a + A * odd_a;
    e[2] = even_a - A * odd_a;
    e[3] = even_b + B * odd_b;
    e[4] = even_b - B * odd_b;
    e[5] = d[5] - S * d[3] + d[1];
}

INLINE void line_input_transposed(const vec e[6], vec d[6]) {
    vec sum_a = e[1] + e[2], odd_a = A * (e[1] - e[2]), sum_b = e[3] + e[4], odd_b = B * (e[3] - e[4]);
    d[0] = e[0];
    d[1] = e[5] - B2 * odd_a - A2 * odd_b;
    d[2] = -S * e[0] - B2 * sum_a - A2 * sum_b;
    d[3] = odd_a + odd_b - S * e[5];
    d[4] = e[0] + sum_a + sum_b;
    d[5] = e[5];
}

INLINE void line_output(const vec m[6], vec y[4]) {
    vec sum_a = m[1] + m[2], odd_a = m[1] - m[2], sum_b = m[3] + m[4], odd_b = m[3] - m[4];
    y[0] = m[0] + sum_a + sum_b;
    y[1] = A * odd_a + B * odd_b;
    y[2] = A2 * sum_a + B2 * sum_b;
    y[3] = A3 * odd_a + B3 * odd_b + m[5];
}

INLINE void line_output_transposed(const vec g[4], vec m[6]) {
    vec even_a = g[0] + A2 * g[2], odd_a = A * g[1] + A3 * g[3], even_b = g[0] + B2 * g[2], odd_b = B * g[1] + B3 * g[3];
    m[0] = g[0];
    m[1] = even_a + odd_a;
    m[2] = even_a - odd_a;
    m[3] = even_b + odd_b;
    m[4] = even_b - odd_b;
    m[5] = g[3];
}

// 1 / product of the point's distances from the other points.
static const float NA = 1 / (2 * 0.5f * (0.5f - 2)), NB = 1 / (2 * 2 * (2 - 0.5f));

INLINE void line_weights(const vec g[3], vec u[6]) {
    vec even_a = NA * g[0] + NA * A2 * g[2], odd_a = NA * A * g[1], even_b = NB * g[0] + NB * B2 * g[2], odd_b = NB * B * g[1];
    u[0] = g[0];
    u[1] = even_a + odd_a;
    u[2] = even_a - odd_a;
    u[3] = even_b + odd_b;
    u[4] = even_b - odd_b;
    u[5] = g[2];
}

INLINE void line_weights_transposed(const vec u[6], vec g[3]) {
    vec sum_a = NA * (u[1] + u[2]), sum_b = NB * (u[3] + u[4]);
    g[0] = u[0] + sum_a + sum_b;
    g[1] = NA * A * (u[1] - u[2]) + NB * B * (u[3] - u[4]);
    g[2] = A2 * sum_a + B2 * sum_b + u[5];
}

static void tile_input(const float *x, int64_t row, int64_t step, int64_t channels, float *v, int64_t plane) {
    for (int64_t c = 0; c < channels; c += LANES) {
        vec t[6][6];  // [column][row]
        UNROLL for (int j = 0; j < 6; j++) {
            vec d[6];
            UNROLL for (int i = 0; i < 6; i++) d[i] = load(x + i * row + j * step + c);
            line_input(d, t[j]);
        }
        UNROLL for (int i = 0; i < 6; i++) {
            vec d[6], e[6];
            UNROLL for (int j = 0; j < 6; j++) d[j] = t[j][i];
            line_input(d, e);
            UNROLL for (int j = 0; j < 6; j++) store(v + (i * 6 + j) * plane + c, e[j]);
        }
    }
}

INLINE void tile_output_whole(
    const float *m, int64_t plane, const vec bias, float *y, int64_t row, int64_t step, int64_t rows, int64_t columns
) {
    vec t[6][4];  // [column][row]
    UNROLL for (int j = 0; j < 6; j++) {
        vec d[6];
        UNROLL for (int i = 0; i < 6; i++) d[i] = load(m + (i * 6 + j) * plane);
        line_output(d, t[j]);
    }
    UNROLL for (int i = 0; i < 4; i++) {
        vec d[6], e[4];
        UNROLL for (int j = 0; j < 6; j++) d[j] = t[j][i];
        line_output(d, e);
        if (i < rows)
            UNROLL for (int j = 0; j < 4; j++) if (j < columns) store(y + i * row + j * step, e[j] + bias);
    }
}

static void tile_output(
    const float *m, int64_t plane, int64_t channels, const float *bias, float *y, int64_t row, int64_t step,
    int64_t rows, int64_t columns
) {
    for (int64_t c = 0; c < channels; c += LANES)
        if (rows == 4 && columns == 4) tile_output_whole(m + c, plane, load(bias + c), y + c, row, step, 4, 4);
        else tile_output_whole(m + c, plane, load(bias + c), y + c, row, step, rows, columns);
}

static void tile_output_transposed(
    const float *dy, int64_t row, int64_t step, int64_t channels, float *dm, int64_t plane
) {
    for (int64_t c = 0; c < channels; c += LANES) {
        vec t[4][6];  // [column][row]
        UNROLL for (int j = 0; j < 4; j++) {
            vec d[4];
            UNROLL for (int i = 0; i < 4; i++) d[i] = load(dy + i * row + j * step + c);
            line_output_transposed(d, t[j]);
        }
        UNROLL for (int i = 0; i < 6; i++) {
            vec d[4], e[6];
            UNROLL for (int j = 0; j < 4; j++) d[j] = t[j][i];
            line_output_transposed(d, e);
            UNROLL for (int j = 0; j < 6; j++) store(dm + (i * 6 + j) * plane + c, e[j]);
        }
    }
}

static void tile_input_transposed(const float *dv, int64_t plane, int64_t channels, float *dx, int64_t row, int64_t step) {
    for (int64_t c = 0; c < channels; c += LANES) {
        vec t[6][6];  // [column][row]
        UNROLL for (int j = 0; j < 6; j++) {
            vec d[6];
            UNROLL for (int i = 0; i < 6; i++) d[i] = load(dv + (i * 6 + j) * plane + c);
            line_input_transposed(d, t[j]);
        }
        UNROLL for (int i = 0; i < 6; i++) {
            vec d[6], e[6];
            UNROLL for (int j = 0; j < 6; j++) d[j] = t[j][i];
            line_input_transposed(d, e);
            UNROLL for (int j = 0; j < 6; j++) {
                float *at = dx + i * row + j * step + c;
                store(at, load(at) + e[j]);
            }
        }
    }
}

static void tile_weights(const float *w, int64_t depth, int reversed, float *u) {
    int64_t tap = depth * PANEL, first = reversed ? 8 * tap : 0, step = reversed ? -tap : tap;
    for (int64_t c = 0; c < depth * PANEL; c += LANES) {
        vec t[3][6];  // [column][row]
        UNROLL for (int j = 0; j < 3; j++) {
            vec g[3];
            UNROLL for (int i = 0; i < 3; i++) g[i] = load(w + first + (i * 3 + j) * step + c);
            line_weights(g, t[j]);
        }
        UNROLL for (int i = 0; i < 6; i++) {
            vec g[3] = { t[0][i], t[1][i], t[2][i] }, e[6];
            line_weights(g, e);
            UNROLL for (int j = 0; j < 6; j++) store(u + (i * 6 + j) * tap + c, e[j]);
        }
    }
}

static void tile_weights_transposed(const float *u, int64_t plane, int64_t depth, float *w) {
    int64_t tap = depth * PANEL;
    for (int64_t c = 0; c < depth * PANEL; c += LANES) {
        vec t[6][3];  // [column][row]
        UNROLL for (int j = 0; j < 6; j++) {
            vec d[6];
            UNROLL for (int i = 0; i < 6; i++) d[i] = load(u + (i * 6 + j) * plane + c);
            line_weights_transposed(d, t[j]);
        }
        UNROLL for (int i = 0; i < 3; i++) {
            vec d[6], g[3];
            UNROLL for (int j = 0; j < 6; j++) d[j] = t[j][i];
            line_weights_transposed(d, g);
            UNROLL for (int j = 0; j < 3; j++) store(w + (i * 3 + j) * tap + c, g[j]);
        }
    }
}

const convolution_kernels KERNELS = {
    .panel = PANEL, .rows = ROWS, .transpose = transpose, .correlate = correlate, .accumulate = accumulate,
    .moments = moments, .sums = sums, .pool = pool, .unpool = unpool, .gated_sums = gated_sums,
    .gram = gram, .first_pool = first_pool, .first_gradient = first_gradient,
    .tile_input = tile_input, .tile_output = tile_output, .tile_output_transposed = tile_output_transposed,
    .tile_input_transposed = tile_input_transposed, .tile_weights = tile_weights,
    .tile_weights_transposed = tile_weights_transposed,
};
