// SPDX-License-Identifier: Apache-2.0

#include "winograd.h"
#include "../runtime/scratch.h"

enum { VALUES = 36, SKEW = 16 };        // SKEW keeps the 36 planes from falling on the same cache sets
enum { TILES = 32, GROUP_TILES = 96 };  // tiles that a forward block, and about as many as a backward group, take

/// Floats of one panel, bias included.
static int64_t packed_panel(const convolution_plan *p) { return (VALUES * p->in_channels + 1) * p->kernels->panel; }

int64_t ser_winograd_packed_floats(const convolution_plan *p) { return p->panels * packed_panel(p); }

int64_t ser_winograd_dx_packed_floats(const convolution_plan *p) {
    return p->dx_panels * VALUES * p->out_channels * p->kernels->panel;
}

void ser_winograd_pack(const convolution_plan *p, const float *packed, float *u) {
    int64_t panel = p->kernels->panel, matrix = p->in_channels * panel;
    const float *bias = packed + p->panels * 9 * matrix;
    for (int64_t b = 0; b < p->panels; b++, u += packed_panel(p)) {
        p->kernels->tile_weights(packed + b * 9 * matrix, p->in_channels, 0, u);
        memcpy(u + VALUES * matrix, bias + b * panel, (size_t)panel * sizeof *u);
    }
}

void ser_winograd_pack_for_dx(const convolution_plan *p, const float *packed, float *u) {
    int64_t matrix = p->out_channels * p->kernels->panel;
    for (int64_t b = 0; b < p->dx_panels; b++)
        p->kernels->tile_weights(packed + b * 9 * matrix, p->out_channels, 1, u + b * VALUES * matrix);
}

void ser_winograd_correlate(const convolution_plan *p, const float *padded, const float *u, int64_t rows, float *y) {
    static const float zeros[MOST_PANEL];
    static const int64_t origin[1] = {0};
    int64_t depth = p->in_channels, panel = p->kernels->panel, columns = (p->out_width + 3) / 4;
    int64_t tiles = (rows + 3) / 4 * columns, blocks = (tiles + TILES - 1) / TILES;
    int64_t most = ((tiles + blocks - 1) / blocks + 7) / 8 * 8;
    int64_t v_plane = most * depth + SKEW, m_plane = most * panel + SKEW;
    int64_t v_floats = VALUES * v_plane + MOST_ROWS * depth, m_floats = VALUES * m_plane;
    float *v = ser_scratch(v_floats), *m = ser_scratch(m_floats);
    for (int64_t first = 0; first < tiles; first += most) {
        int64_t count = smaller(most, tiles - first);
        for (int64_t i = 0; i < count; i++) {
            int64_t h = (first + i) / columns * 4, w = (first + i) % columns * 4;
            p->kernels->tile_input(padded + (h * p->row + w) * depth, p->row * depth, depth, depth, v + i * depth,
                                   v_plane);
        }
        for (int64_t b = 0; b < p->panels; b++) {
            int64_t n = smaller(panel, p->out_step - b * panel);
            const float *weights = u + b * packed_panel(p), *bias = weights + VALUES * depth * panel;
            // Rows past the last tile are computed from whatever is there, and not read.
            for (int64_t k = 0; k < VALUES; k++)
                p->kernels->correlate(v + k * v_plane, depth, origin, 1, depth, weights + k * depth * panel, zeros,
                                      m + k * m_plane, panel, count, n);
            for (int64_t i = 0; i < count; i++) {
                int64_t h = (first + i) / columns * 4, w = (first + i) % columns * 4;
                p->kernels->tile_output(m + i * panel, m_plane, n, bias,
                                        y + (h * p->out_row + w) * p->out_step + b * panel, p->out_row * p->out_step,
                                        p->out_step, smaller(4, rows - h), smaller(4, p->out_width - w));
            }
        }
    }
    ser_scratch_free(v, v_floats);
    ser_scratch_free(m, m_floats);
}

// MARK: backward

/// A group of images: take each, form the products, then give each dx.
typedef struct {
    const convolution_plan *plan;
    const float *u;  // for dx; NULL when it is not wanted
    int64_t tile_rows, tile_columns, group;
    int64_t v_plane, m_plane;  // floats between the 36 values of v and dv, of dm
    int64_t du_plane, du_panel;
    float *v, *m, *dv, *du;
    int64_t *offsets;
} winograd_task;

static int64_t v_floats(const winograd_task *t) { return VALUES * t->v_plane; }
static int64_t m_floats(const winograd_task *t) {
    return VALUES * t->m_plane + MOST_ROWS * t->plan->out_step + MOST_PANEL;
}
static int64_t du_floats(const winograd_task *t) { return VALUES * t->du_plane; }
static int64_t offset_floats(const winograd_task *t) { return t->du_panel / t->plan->kernels->panel * 2; }

static winograd_task begin_tiles(const convolution_plan *p, const float *u, int64_t images) {
    winograd_task t = {.plan = p, .u = u};
    t.tile_rows = (p->out_height + 3) / 4;
    t.tile_columns = (p->out_width + 3) / 4;
    int64_t tiles = t.tile_rows * t.tile_columns, rows = p->kernels->rows;
    t.group = smaller(images, tiles < GROUP_TILES ? GROUP_TILES / tiles : 1);
    t.v_plane = t.group * tiles * p->in_channels + SKEW;
    t.m_plane = t.group * tiles * p->out_step + SKEW;
    t.du_panel = (p->in_channels + rows - 1) / rows * rows * p->kernels->panel;
    t.du_plane = p->panels * t.du_panel;
    t.v = ser_scratch(v_floats(&t));
    t.m = ser_scratch(m_floats(&t));
    t.dv = u ? ser_scratch(v_floats(&t)) : NULL;
    t.du = ser_scratch(du_floats(&t));
    clear_floats(t.du, du_floats(&t));
    t.offsets = (int64_t *)(void *)ser_scratch(offset_floats(&t));
    for (int64_t r = 0; r < t.du_panel / p->kernels->panel; r++) t.offsets[r] = smaller(r, p->in_channels - 1);
    return t;
}

/// `dy` is zero wherever there is no output, over whole tiles.
static void take_tiles(const winograd_task *t, int64_t slot, const float *padded, const float *dy) {
    const convolution_plan *p = t->plan;
    int64_t tiles = t->tile_rows * t->tile_columns, depth = p->in_channels;
    for (int64_t i = 0; i < tiles; i++) {
        int64_t at = i / t->tile_columns * 4 * p->row + i % t->tile_columns * 4, tile = slot * tiles + i;
        p->kernels->tile_input(padded + at * depth, p->row * depth, depth, depth, t->v + tile * depth, t->v_plane);
        p->kernels->tile_output_transposed(dy + at * p->out_step, p->row * p->out_step, p->out_step, p->out_step,
                                           t->m + tile * p->out_step, t->m_plane);
    }
}

static void multiply_tiles(const winograd_task *t, int64_t images) {
    static const float zeros[MOST_PANEL];
    static const int64_t origin[1] = {0};
    const convolution_plan *p = t->plan;
    int64_t tiles = images * t->tile_rows * t->tile_columns, panel = p->kernels->panel;
    for (int64_t k = 0; k < VALUES; k++) {
        const float *v = t->v + k * t->v_plane, *m = t->m + k * t->m_plane;
        for (int64_t b = 0; b < p->panels; b++)
            p->kernels->accumulate(v, p->in_channels, t->offsets, t->du_panel / panel, m + b * panel, p->out_step,
                                   tiles, smaller(panel, p->out_step - b * panel),
                                   t->du + k * t->du_plane + b * t->du_panel);
        for (int64_t b = 0; t->u && b < p->dx_panels; b++)
            p->kernels->correlate(
                m, p->out_step, origin, 1, p->out_channels, t->u + (b * VALUES + k) * p->out_channels * panel, zeros,
                t->dv + k * t->v_plane + b * panel, p->in_channels, tiles, smaller(panel, p->in_channels - b * panel));
    }
}

/// dx with its padding: tile_rows * 4 + 2 rows of plan->row positions.
static void give_tiles(const winograd_task *t, int64_t slot, float *padded_dx) {
    const convolution_plan *p = t->plan;
    int64_t tiles = t->tile_rows * t->tile_columns, depth = p->in_channels;
    clear_floats(padded_dx, (t->tile_rows * 4 + 2) * p->row * depth);
    for (int64_t i = 0; i < tiles; i++) {
        int64_t at = i / t->tile_columns * 4 * p->row + i % t->tile_columns * 4;
        p->kernels->tile_input_transposed(t->dv + (slot * tiles + i) * depth, t->v_plane, depth, padded_dx + at * depth,
                                          p->row * depth, depth);
    }
}

/// Writes the partial dw and frees the rest.
static void end_tiles(winograd_task *t, float *partial) {
    const convolution_plan *p = t->plan;
    for (int64_t b = 0; b < p->panels; b++)
        p->kernels->tile_weights_transposed(t->du + b * t->du_panel, t->du_plane, p->in_channels,
                                            partial + b * p->gradient_rows * p->kernels->panel);
    ser_scratch_free(t->v, v_floats(t));
    ser_scratch_free(t->m, m_floats(t));
    if (t->dv) ser_scratch_free(t->dv, v_floats(t));
    ser_scratch_free(t->du, du_floats(t));
    ser_scratch_free((float *)(void *)t->offsets, offset_floats(t));
}

void ser_winograd_backward(const convolution_plan *p, const winograd_images *images, int64_t first, int64_t end,
                           float *partial) {
    const ser_convolution_shape *s = p->shape;
    winograd_task t = begin_tiles(p, images->dx ? images->packed : NULL, end - first);
    int64_t in_image = s->in_channels * s->height * s->width, in_floats = input_floats(p, p->padded_height);
    float *padded = ser_scratch(in_floats), *dy = ser_scratch(winograd_dy_floats(p));
    clear_floats(dy, winograd_dy_floats(p));
    for (int64_t from = first; from < end; from += t.group) {
        int64_t count = smaller(t.group, end - from);
        for (int64_t i = 0; i < count; i++) {
            int64_t image = from + i;
            int64_t valid = images->in_widths ? images->in_widths[image] : s->width;
            ser_convolution_fill_input(p, images->x + image * in_image, valid, 0, p->padded_height, padded);
            images->write_dy(images->context, image, dy);
            take_tiles(&t, i, padded, dy);
        }
        multiply_tiles(&t, count);
        for (int64_t i = 0; images->dx && i < count; i++) {
            int64_t image = from + i, valid = images->in_widths ? images->in_widths[image] : s->width;
            give_tiles(&t, i, padded);
            const int64_t corner = s->pad_top * p->row + s->pad_left;
            ser_convolution_give_dx(p, padded + corner * p->dx_step, p->row, valid, images->dx + image * in_image);
        }
    }
    end_tiles(&t, partial);
    ser_scratch_free(padded, in_floats);
    ser_scratch_free(dy, winograd_dy_floats(p));
}
