// SPDX-License-Identifier: Apache-2.0

#include "ser_pooling.h"
#include "ser_parallel.h"
#include "../runtime/integers.h"
#include "../simd/simd.h"
#include <string.h>

static int64_t outputs(int64_t size, int64_t window, int64_t stride) {
    return size < window ? 0 : (size - window) / stride + 1;
}

int64_t ser_pooling_out_height(const ser_pooling *p) {
    return p->global ? 1 : outputs(p->height + p->pad_top + p->pad_bottom, p->window_height, p->stride_height);
}

static int64_t columns(const ser_pooling *p, int64_t valid) {
    if (p->global) return 1;
    return valid > 0 ? outputs(valid + p->pad_left + p->pad_right, p->window_width, p->stride_width) : 0;
}

int64_t ser_pooling_out_width(const ser_pooling *p) { return columns(p, p->width); }

typedef struct {
    const ser_pooling *p;
    const float *from;
    float *to;
    int32_t *winners;
    const int32_t *won;
    int64_t out_height, out_width, planes;  // planes of one piece
} pooling_context;

/// Planes are handed out in groups large enough to be worth a hand-over.
static void for_planes(pooling_context c, void (*body)(void *, int64_t)) {
    int64_t plane = c.p->height * c.p->width * c.p->inner;
    c.planes = larger(1, 16 * 1024 / larger(1, plane));
    c.out_height = ser_pooling_out_height(c.p);
    c.out_width = ser_pooling_out_width(c.p);
    ser_parallel_for((c.p->outer + c.planes - 1) / c.planes, body, &c);
}

static int64_t valid_width(const ser_pooling *p, int64_t plane) {
    return p->widths ? smaller(larger(0, p->widths[plane / p->per_row]), p->width) : p->width;
}

/// The valid positions that a window sees, and the factor of each in an average.
typedef struct {
    int64_t top, bottom, left, right;
    float share;
} window;

static window window_at(const ser_pooling *p, int64_t valid, int64_t h, int64_t w) {
    if (p->global) {
        window v = {0, p->height, 0, valid, valid > 0 ? 1.0f / (float)(p->height * valid) : 0};
        return v;
    }
    int64_t top = h * p->stride_height - p->pad_top, left = w * p->stride_width - p->pad_left;
    int64_t bottom = top + p->window_height, right = left + p->window_width;
    int64_t full = (smaller(bottom, p->height + p->pad_bottom) - top) * (smaller(right, valid + p->pad_right) - left);
    window v = {larger(top, 0), smaller(bottom, p->height), larger(left, 0), smaller(right, valid), 0};
    int64_t seen = larger(0, v.bottom - v.top) * larger(0, v.right - v.left);
    int64_t divisor = p->counts_padding ? full : seen;
    v.share = seen > 0 && divisor > 0 ? 1.0f / (float)divisor : 0;
    return v;
}

/// One row of outputs of one plane: where it begins, in positions, and how many columns are filled.
typedef struct {
    int64_t plane, row, out, valid, filled;
} output_row;

#define FOR_ROWS(c, piece, r)                                                                                          \
    for (int64_t plane = (piece) * (c)->planes; plane < smaller(((piece) + 1) * (c)->planes, (c)->p->outer); plane++)  \
        for (output_row r = row_at(c, plane, 0); r.row < (c)->out_height; r = row_at(c, plane, r.row + 1))

SER_INLINE output_row row_at(const pooling_context *c, int64_t plane, int64_t row) {
    int64_t valid = valid_width(c->p, plane);
    return (output_row){plane, row, (plane * c->out_height + row) * c->out_width, valid, columns(c->p, valid)};
}

SER_CLONES static void max_piece(void *context, int64_t piece) {
    const pooling_context *c = context;
    const ser_pooling *p = c->p;
    FOR_ROWS(c, piece, r) {
        const float *x = c->from + r.plane * p->height * p->width * p->inner;
        for (int64_t w = 0; w < c->out_width; w++) {
            window v = w < r.filled ? window_at(p, r.valid, r.row, w) : (window){0};
            int32_t first = v.bottom > v.top && v.right > v.left ? (int32_t)(v.top * p->width + v.left) : -1;
            float *restrict y = c->to + (r.out + w) * p->inner;
            int32_t *restrict winner = c->winners + (r.out + w) * p->inner;
            for (int64_t i = 0; i < p->inner; i++) {
                y[i] = first < 0 ? 0 : x[(int64_t)first * p->inner + i];
                winner[i] = first;
            }
            for (int64_t h = v.top; h < v.bottom; h++)
                for (int64_t k = v.left; k < v.right; k++) {
                    const float *value = x + (h * p->width + k) * p->inner;
                    int32_t position = (int32_t)(h * p->width + k);
                    for (int64_t i = 0; i < p->inner; i++) {
                        int above = (value[i] > y[i]) | (value[i] != value[i]);  // a NaN wins, so that it is seen
                        y[i] = above ? value[i] : y[i];
                        winner[i] = above ? position : winner[i];
                    }
                }
        }
    }
}

static void max_backward_piece(void *context, int64_t piece) {
    const pooling_context *c = context;
    const ser_pooling *p = c->p;
    int64_t in_plane = p->height * p->width * p->inner, out_plane = c->out_height * c->out_width * p->inner;
    for (int64_t plane = piece * c->planes; plane < smaller((piece + 1) * c->planes, p->outer); plane++) {
        float *dx = c->to + plane * in_plane;
        memset(dx, 0, (size_t)in_plane * sizeof(float));
        const float *dy = c->from + plane * out_plane;
        const int32_t *won = c->won + plane * out_plane;
        for (int64_t o = 0; o < out_plane; o++)
            if (won[o] >= 0) dx[(int64_t)won[o] * p->inner + o % p->inner] += dy[o];
    }
}

SER_CLONES static void average_piece(void *context, int64_t piece) {
    const pooling_context *c = context;
    const ser_pooling *p = c->p;
    FOR_ROWS(c, piece, r) {
        const float *x = c->from + r.plane * p->height * p->width * p->inner;
        for (int64_t w = 0; w < c->out_width; w++) {
            window v = w < r.filled ? window_at(p, r.valid, r.row, w) : (window){0};
            float *restrict y = c->to + (r.out + w) * p->inner;
            memset(y, 0, (size_t)p->inner * sizeof(float));
            for (int64_t h = v.top; h < v.bottom; h++)
                if (p->inner == 1) {
                    _Pragma("clang fp reassociate(on)") float sum = 0;
                    for (int64_t k = v.left; k < v.right; k++) sum += x[h * p->width + k];
                    y[0] += sum;
                } else {
                    for (int64_t k = v.left; k < v.right; k++) {
                        const float *value = x + (h * p->width + k) * p->inner;
                        for (int64_t i = 0; i < p->inner; i++) y[i] += value[i];
                    }
                }
            for (int64_t i = 0; i < p->inner; i++) y[i] *= v.share;
        }
    }
}

SER_CLONES static void average_backward_piece(void *context, int64_t piece) {
    const pooling_context *c = context;
    const ser_pooling *p = c->p;
    int64_t in_plane = p->height * p->width * p->inner;
    int64_t first = piece * c->planes, end = smaller(first + c->planes, p->outer);
    memset(c->to + first * in_plane, 0, (size_t)((end - first) * in_plane) * sizeof(float));
    FOR_ROWS(c, piece, r) {
        float *dx = c->to + r.plane * in_plane;
        for (int64_t w = 0; w < r.filled; w++) {
            window v = window_at(p, r.valid, r.row, w);
            const float *dy = c->from + (r.out + w) * p->inner;
            for (int64_t h = v.top; h < v.bottom; h++)
                for (int64_t k = v.left; k < v.right; k++) {
                    float *restrict d = dx + (h * p->width + k) * p->inner;
                    for (int64_t i = 0; i < p->inner; i++) d[i] += v.share * dy[i];
                }
        }
    }
}

void ser_pooling_max(const ser_pooling *p, const float *x, float *y, int32_t *winners) {
    for_planes((pooling_context){.p = p, .from = x, .to = y, .winners = winners}, max_piece);
}

void ser_pooling_max_backward(const ser_pooling *p, const int32_t *winners, const float *dy, float *dx) {
    for_planes((pooling_context){.p = p, .from = dy, .to = dx, .won = winners}, max_backward_piece);
}

void ser_pooling_average(const ser_pooling *p, const float *x, float *y) {
    for_planes((pooling_context){.p = p, .from = x, .to = y}, average_piece);
}

void ser_pooling_average_backward(const ser_pooling *p, const float *dy, float *dx) {
    for_planes((pooling_context){.p = p, .from = dy, .to = dx}, average_backward_piece);
}
