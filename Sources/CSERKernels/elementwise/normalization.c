// SPDX-License-Identifier: Apache-2.0

#include "ser_normalization.h"
#include "ser_parallel.h"
#include "../runtime/integers.h"
#include "../runtime/scratch.h"
#include "../simd/simd.h"
#include <math.h>

// MARK: batch normalisation

typedef struct {
    const ser_batch_values *v;
    const float *x, *dy;
    const float *scale, *shift, *mean, *slope;
    float *y, *dx;
    float *partial;  // [batch][2][channels]
    int moves;       // whether the statistics follow the values
} batch_context;

static int64_t valid_width(const ser_batch_values *v, int64_t row) {
    if (!v->widths) return v->width;
    return v->widths[row] < 0 ? 0 : smaller(v->widths[row], v->width);
}

int64_t ser_batch_count(const ser_batch_values *v) {
    int64_t columns = 0;
    for (int64_t b = 0; b < v->batch; b++) columns += valid_width(v, b);
    return columns * v->height;
}

/// Sums over one row of the batch, line by line so that no long run is added in one accumulator: of x and of squares
/// about the row's own mean.
SER_INLINE void plane_moments(const float *x, int64_t height, int64_t row, int64_t width, float *mean, float *squares) {
    _Pragma("clang fp reassociate(on)") float sum = 0;
    for (int64_t h = 0; h < height; h++) {
        float line = 0;
        for (int64_t w = 0; w < width; w++) line += x[h * row + w];
        sum += line;
    }
    float m = sum / (float)(height * width), total = 0;
    for (int64_t h = 0; h < height; h++) {
        float line = 0;
        for (int64_t w = 0; w < width; w++) line += (x[h * row + w] - m) * (x[h * row + w] - m);
        total += line;
    }
    *mean = m;
    *squares = total;
}

enum { RUN = 32, LANES = 16 };  // positions in one accumulator before it is added to the total; channels side by side

SER_INLINE void lane_moments(const float *x, int64_t height, int64_t row, int64_t step, int64_t width, int64_t n,
                             float *mean, float *squares) {
    float total[LANES] = {0}, m[LANES] = {0};
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t h = 0; h < height; h++)
            for (int64_t first = 0; first < width; first += RUN) {
                float run[LANES] = {0};
                for (int64_t w = first; w < smaller(first + RUN, width); w++)
                    for (int64_t i = 0; i < n; i++) {
                        float d = x[h * row + w * step + i] - m[i];
                        run[i] += pass ? d * d : d;
                    }
                for (int64_t i = 0; i < n; i++) total[i] += run[i];
            }
        for (int64_t i = 0; i < n; i++) {
            if (pass)
                squares[i] = total[i];
            else
                mean[i] = m[i] = total[i] / (float)(height * width);
            total[i] = 0;
        }
    }
}

SER_CLONES static void moments_piece(void *context, int64_t b) {
    const batch_context *c = context;
    const ser_batch_values *v = c->v;
    int64_t width = valid_width(v, b), plane = v->height * v->width;
    const float *x = c->x + b * v->channels * plane;
    float *mean = c->partial + b * 2 * v->channels, *squares = mean + v->channels;
    if (!width || !v->height) return;
    if (!v->channels_last) {
        for (int64_t k = 0; k < v->channels; k++)
            plane_moments(x + k * plane, v->height, v->width, width, mean + k, squares + k);
        return;
    }
    int64_t k = 0, row = v->width * v->channels;
    for (; k + LANES <= v->channels; k += LANES)
        lane_moments(x + k, v->height, row, v->channels, width, LANES, mean + k, squares + k);
    for (; k < v->channels; k++) lane_moments(x + k, v->height, row, v->channels, width, 1, mean + k, squares + k);
}

void ser_batch_moments(const ser_batch_values *v, const float *x, float *mean, float *variance) {
    int64_t floats = v->batch * 2 * v->channels;
    batch_context c = {.v = v, .x = x, .partial = ser_scratch(floats)};
    ser_parallel_for(v->batch, moments_piece, &c);
    // Joined in order (Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983).
    for (int64_t k = 0; k < v->channels; k++) {
        double count = 0, m = 0, squares = 0;
        for (int64_t b = 0; b < v->batch; b++) {
            double n = (double)(v->height * valid_width(v, b));
            if (n <= 0) continue;
            const float *piece = c.partial + b * 2 * v->channels + k;
            double d = piece[0] - m, total = count + n;
            m += d * n / total;
            squares += piece[v->channels] + d * d * count * n / total;
            count = total;
        }
        mean[k] = (float)m;
        variance[k] = count > 0 ? (float)(squares / count) : 0;
    }
    ser_scratch_free(c.partial, floats);
}

SER_CLONES static void normalize_piece(void *context, int64_t b) {
    const batch_context *c = context;
    const ser_batch_values *v = c->v;
    int64_t width = valid_width(v, b), lines = v->height * (v->channels_last ? 1 : v->channels);
    int64_t inner = v->channels_last ? v->channels : 1, row = v->width * inner;
    for (int64_t l = 0; l < lines; l++) {
        const float *x = c->x + (b * lines + l) * row;
        float *restrict y = c->y + (b * lines + l) * row;
        if (v->channels_last) {
            for (int64_t w = 0; w < width; w++)
                for (int64_t k = 0; k < inner; k++) y[w * inner + k] = c->scale[k] * x[w * inner + k] + c->shift[k];
        } else {
            float scale = c->scale[l / v->height], shift = c->shift[l / v->height];
            for (int64_t w = 0; w < width; w++) y[w] = scale * x[w] + shift;
        }
        memset(y + width * inner, 0, (size_t)((v->width - width) * inner) * sizeof(float));
    }
}

void ser_batch_normalize(const ser_batch_values *v, const float *x, const float *gamma, const float *beta,
                         const float *mean, const float *variance, float epsilon, float *y) {
    float *scale = ser_scratch(2 * v->channels), *shift = scale + v->channels;
    for (int64_t k = 0; k < v->channels; k++) {
        double s = gamma[k] / sqrt((double)variance[k] + epsilon);
        scale[k] = (float)s;
        shift[k] = (float)(beta[k] - mean[k] * s);
    }
    batch_context c = {.v = v, .x = x, .y = y, .scale = scale, .shift = shift};
    ser_parallel_for(v->batch, normalize_piece, &c);
    ser_scratch_free(scale, 2 * v->channels);
}

/// Sums of dy and of dy (x - mean) over one row of the batch.
SER_CLONES static void sums_piece(void *context, int64_t b) {
    const batch_context *c = context;
    const ser_batch_values *v = c->v;
    int64_t width = valid_width(v, b), plane = v->height * v->width, start = b * v->channels * plane;
    float *s1 = c->partial + b * 2 * v->channels, *s2 = s1 + v->channels;
    memset(s1, 0, (size_t)(2 * v->channels) * sizeof(float));
    if (v->channels_last) {
        for (int64_t h = 0; h < v->height; h++)
            for (int64_t w = 0; w < width; w++) {
                const float *x = c->x + start + (h * v->width + w) * v->channels;
                const float *dy = c->dy + start + (h * v->width + w) * v->channels;
                for (int64_t k = 0; k < v->channels; k++) {
                    s1[k] += dy[k];
                    s2[k] += dy[k] * (x[k] - c->mean[k]);
                }
            }
        return;
    }
    for (int64_t k = 0; k < v->channels; k++)
        for (int64_t h = 0; h < v->height; h++) {
            _Pragma("clang fp reassociate(on)") const float *x = c->x + start + k * plane + h * v->width,
                                                            *dy = c->dy + start + k * plane + h * v->width;
            float a = 0, d = 0, m = c->mean[k];
            for (int64_t w = 0; w < width; w++) {
                a += dy[w];
                d += dy[w] * (x[w] - m);
            }
            s1[k] += a;
            s2[k] += d;
        }
}

SER_CLONES static void gradient_piece(void *context, int64_t b) {
    const batch_context *c = context;
    const ser_batch_values *v = c->v;
    int64_t width = valid_width(v, b), lines = v->height * (v->channels_last ? 1 : v->channels);
    int64_t inner = v->channels_last ? v->channels : 1, row = v->width * inner;
    for (int64_t l = 0; l < lines; l++) {
        int64_t at = (b * lines + l) * row;
        const float *x = c->x + at, *dy = c->dy + at;
        float *restrict dx = c->dx + at;
        if (!c->moves && v->channels_last) {
            // Not 0 * (x - mean): a NaN in x has no part in dx.
            for (int64_t w = 0; w < width; w++)
                for (int64_t k = 0; k < inner; k++) dx[w * inner + k] = c->scale[k] * dy[w * inner + k];
        } else if (!c->moves) {
            float scale = c->scale[l / v->height];
            for (int64_t w = 0; w < width; w++) dx[w] = scale * dy[w];
        } else if (v->channels_last) {
            for (int64_t w = 0; w < width; w++)
                for (int64_t k = 0; k < inner; k++)
                    dx[w * inner + k] =
                        c->scale[k] * dy[w * inner + k] + c->shift[k] + c->slope[k] * (x[w * inner + k] - c->mean[k]);
        } else {
            int64_t k = l / v->height;
            float scale = c->scale[k], shift = c->shift[k], slope = c->slope[k], mean = c->mean[k];
            for (int64_t w = 0; w < width; w++) dx[w] = scale * dy[w] + shift + slope * (x[w] - mean);
        }
        memset(dx + width * inner, 0, (size_t)((v->width - width) * inner) * sizeof(float));
    }
}

void ser_batch_normalize_backward(const ser_batch_values *v, const float *x, const float *gamma, const float *mean,
                                  const float *variance, float epsilon, int32_t frozen, const float *dy, float *dx,
                                  float *dgamma, float *dbeta) {
    int64_t floats = v->batch * 2 * v->channels;
    float *factors = ser_scratch(3 * v->channels), *shift = factors + v->channels, *slope = shift + v->channels;
    batch_context c = {
        .v = v,
        .x = x,
        .dy = dy,
        .dx = dx,
        .mean = mean,
        .partial = ser_scratch(floats),
        .scale = factors,
        .shift = shift,
        .slope = slope,
        .moves = !frozen && ser_batch_count(v) > 0,
    };
    ser_parallel_for(v->batch, sums_piece, &c);
    double count = (double)ser_batch_count(v);
    for (int64_t k = 0; k < v->channels; k++) {
        double s1 = 0, s2 = 0;
        for (int64_t b = 0; b < v->batch; b++) {
            s1 += c.partial[b * 2 * v->channels + k];
            s2 += c.partial[(b * 2 + 1) * v->channels + k];
        }
        double inverse = 1 / sqrt((double)variance[k] + epsilon), scale = gamma[k] * inverse;
        dbeta[k] = (float)s1;
        dgamma[k] = (float)(s2 * inverse);
        factors[k] = (float)scale;
        shift[k] = c.moves ? (float)(-scale * s1 / count) : 0;
        slope[k] = c.moves ? (float)(-scale * s2 * inverse * inverse / count) : 0;
    }
    if (dx) ser_parallel_for(v->batch, gradient_piece, &c);
    ser_scratch_free(c.partial, floats);
    ser_scratch_free(factors, 3 * v->channels);
}

// MARK: layer normalisation

typedef struct {
    int64_t rows, features, rows_per_piece;
    const float *x, *gamma, *beta, *statistics, *dy;
    float epsilon;
    float *y, *out_statistics, *dx, *partial;  // partial: [pieces][2][features]
} layer_context;

/// At most 16 pieces of at least 8 rows, whatever the number of threads.
static int64_t split_rows(layer_context *c) {
    c->rows_per_piece = (c->rows + 15) / 16;
    if (c->rows_per_piece < 8) c->rows_per_piece = 8;
    return (c->rows + c->rows_per_piece - 1) / c->rows_per_piece;
}

SER_CLONES static void layer_piece(void *context, int64_t piece) {
    const layer_context *c = context;
    int64_t n = c->features, end = smaller((piece + 1) * c->rows_per_piece, c->rows);
    for (int64_t r = piece * c->rows_per_piece; r < end; r++) {
        const float *x = c->x + r * n;
        float *restrict y = c->y + r * n, mean, squares;
        plane_moments(x, 1, n, n, &mean, &squares);
        float inverse = 1 / sqrtf(squares / (float)n + c->epsilon);
        for (int64_t i = 0; i < n; i++) y[i] = (x[i] - mean) * inverse;
        if (c->gamma)
            for (int64_t i = 0; i < n; i++) y[i] *= c->gamma[i];
        if (c->beta)
            for (int64_t i = 0; i < n; i++) y[i] += c->beta[i];
        c->out_statistics[2 * r] = mean;
        c->out_statistics[2 * r + 1] = inverse;
    }
}

void ser_layer_normalize(int64_t rows, int64_t features, const float *x, const float *gamma, const float *beta,
                         float epsilon, float *y, float *statistics) {
    if (features < 1) return;
    layer_context c = {
        .rows = rows,
        .features = features,
        .x = x,
        .gamma = gamma,
        .beta = beta,
        .epsilon = epsilon,
        .y = y,
        .out_statistics = statistics,
    };
    ser_parallel_for(split_rows(&c), layer_piece, &c);
}

SER_INLINE void layer_row_dx(const float *x, const float *dy, const float *gamma, int64_t n, float mean, float inverse,
                             float *restrict dx) {
    _Pragma("clang fp reassociate(on)") float s1 = 0, s2 = 0;
    for (int64_t i = 0; i < n; i++) {
        float d = gamma ? dy[i] * gamma[i] : dy[i];
        s1 += d;
        s2 += d * (x[i] - mean) * inverse;
    }
    s1 /= (float)n;
    s2 /= (float)n;
    for (int64_t i = 0; i < n; i++) {
        float d = gamma ? dy[i] * gamma[i] : dy[i];
        dx[i] = inverse * (d - s1 - (x[i] - mean) * inverse * s2);
    }
}

SER_CLONES static void layer_backward_piece(void *context, int64_t piece) {
    const layer_context *c = context;
    int64_t n = c->features, end = smaller((piece + 1) * c->rows_per_piece, c->rows);
    float *restrict dgamma = c->partial + piece * 2 * n, *restrict dbeta = dgamma + n;
    memset(dgamma, 0, (size_t)(2 * n) * sizeof(float));
    for (int64_t r = piece * c->rows_per_piece; r < end; r++) {
        const float *x = c->x + r * n, *dy = c->dy + r * n;
        float mean = c->statistics[2 * r], inverse = c->statistics[2 * r + 1];
        if (c->dx) layer_row_dx(x, dy, c->gamma, n, mean, inverse, c->dx + r * n);
        for (int64_t i = 0; i < n; i++) {
            dgamma[i] += dy[i] * (x[i] - mean) * inverse;
            dbeta[i] += dy[i];
        }
    }
}

void ser_layer_normalize_backward(int64_t rows, int64_t features, const float *x, const float *gamma,
                                  const float *statistics, const float *dy, float *dx, float *dgamma, float *dbeta) {
    if (features < 1) return;
    layer_context c = {
        .rows = rows,
        .features = features,
        .x = x,
        .gamma = gamma,
        .statistics = statistics,
        .dy = dy,
        .dx = dx,
    };
    int64_t pieces = split_rows(&c), floats = pieces * 2 * features;
    c.partial = ser_scratch(floats);
    ser_parallel_for(pieces, layer_backward_piece, &c);
    for (int64_t i = 0; i < features; i++) {
        double g = 0, b = 0;
        for (int64_t k = 0; k < pieces; k++) {
            g += c.partial[k * 2 * features + i];
            b += c.partial[(k * 2 + 1) * features + i];
        }
        if (dgamma) dgamma[i] = (float)g;
        if (dbeta) dbeta[i] = (float)b;
    }
    ser_scratch_free(c.partial, floats);
}
