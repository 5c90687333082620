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

const convolution_kernels KERNELS = {
    .panel = PANEL, .rows = ROWS, .transpose = transpose, .correlate = correlate, .accumulate = accumulate,
    .moments = moments, .sums = sums, .pool = pool, .unpool = unpool, .gated_sums = gated_sums,
};
