// Convolution, batch normalisation, ReLU and max pooling as one operation. The convolution's output is touched while it is
// in cache; where computing it again costs less than fetching it (few input channels) it is never stored at all.
#include "convolution_first.h"
#include "convolution_plan.h"
#include "convolution_winograd.h"
#include "ser_parallel.h"
#include <math.h>
#include <string.h>

typedef struct {
    const ser_convolution_block *block;
    const convolution_plan *plan;
    const float *x, *packed;
    int64_t pooled_height, pooled_width, step;  // step: channels of a position in scratch
    int64_t rows, bands;                        // output rows of a band (a multiple of the window's height), bands an image
    const float *scale, *shift, *sign, *mean;
    float *moments;                             // [pieces][mean, squares][step]
    float *saved, *winners, *pooled;
    // backward
    const float *dpooled, *constant, *slope, *dx_packed;
    float *sums;                                // [images][2][step]
    float *dx, *partials;
    int64_t images;
} block_context;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/// Products per output below which the output is computed again in each pass.
enum { CHEAP_PRODUCTS = 32, BAND_FLOATS = 48 * 1024 };

static int computed_again(const convolution_plan *p) { return p->taps * p->in_channels <= CHEAP_PRODUCTS; }

static block_context begin(const ser_convolution_block *block, const convolution_plan *p, const float *x) {
    block_context c = { .block = block, .plan = p, .x = x, .step = p->out_step };
    c.pooled_height = p->out_height / block->pool_height;
    c.pooled_width = p->out_width / block->pool_width;
    int64_t pieces = (8 + p->shape->batch - 1) / p->shape->batch;
    int64_t rows = (p->out_height + pieces - 1) / pieces, fit = BAND_FLOATS / (p->out_row * p->out_step);
    if (rows > fit) rows = fit;
    // Bands are whole pooled rows, and whole tiles.
    int64_t unit = block->pool_height;
    while (unit % row_unit(p)) unit += block->pool_height;
    c.rows = rows < unit ? unit : (rows + unit - 1) / unit * unit;
    c.bands = (p->out_height + c.rows - 1) / c.rows;
    return c;
}

static int64_t valid_input(const block_context *c, int64_t image) {
    return c->block->in_widths ? c->block->in_widths[image] : c->plan->shape->width;
}
static int64_t valid_output(const block_context *c, int64_t image) {
    return c->block->out_widths ? c->block->out_widths[image] : c->plan->out_width;
}
static int64_t valid_pooled(const block_context *c, int64_t image) {
    return c->block->pooled_widths ? c->block->pooled_widths[image] : c->pooled_width;
}

/// Floats of one image's output in scratch layout.
static int64_t image_floats(const convolution_plan *p) { return p->out_height * p->out_row * p->out_step; }

int64_t ser_convolution_block_saved_output(const ser_convolution_block *block) {
    if (convolution_is_first(block)) return 0;
    convolution_plan p = convolution_plan_make(&block->convolution);
    return computed_again(&p) ? 0 : block->convolution.batch * image_floats(&p);
}

int64_t ser_convolution_block_saved_winners(const ser_convolution_block *block) {
    if (convolution_is_first(block)) return convolution_first_saved(block);
    convolution_plan p = convolution_plan_make(&block->convolution);
    return block->convolution.batch * (p.out_height / block->pool_height) * (p.out_width / block->pool_width) * p.out_step;
}

int64_t ser_convolution_block_count(const ser_convolution_block *block) {
    const ser_convolution_shape *s = &block->convolution;
    int64_t height = ser_convolution_out_height(s), width = ser_convolution_out_width(s), columns = 0;
    if (!block->out_widths) return s->batch * height * width;
    for (int64_t b = 0; b < s->batch; b++) columns += block->out_widths[b];
    return columns * height;
}

// MARK: pieces of the forward pass

typedef struct { int64_t image, first, rows; } band;

static band band_at(const block_context *c, int64_t index) {
    band b = { .image = index / c->bands, .first = index % c->bands * c->rows };
    b.rows = smaller(c->rows, c->plan->out_height - b.first);
    return b;
}

/// The convolution of a band, into y.
static void correlate_band(const block_context *c, band b, float *y) {
    const convolution_plan *p = c->plan;
    const ser_convolution_shape *s = p->shape;
    int64_t in_rows = padded_rows(p, b.rows), floats = input_floats(p, in_rows);
    float *padded = convolution_scratch(floats);
    fill_input(p, c->x + b.image * s->in_channels * s->height * s->width, valid_input(c, b.image),
               b.first * s->stride_height, in_rows, padded);
    correlate_rows(p, padded, c->packed, b.rows, y);
    convolution_release(padded, floats);
}

static float *saved_band(const block_context *c, band b) {
    return c->saved + b.image * image_floats(c->plan) + b.first * c->plan->out_row * c->step;
}

/// The context's arguments for the pooled rows that begin in a band.
static struct pool_arguments pool_arguments(const block_context *c, band b, const float *y) {
    const ser_convolution_block *block = c->block;
    int64_t first = b.first / block->pool_height, row = c->pooled_width * c->step;
    float *winners = c->winners ? c->winners + (b.image * c->pooled_height + first) * row : NULL;
    return (struct pool_arguments){
        .channels = c->step, .window_height = block->pool_height, .window_width = block->pool_width,
        .rows = b.rows, .width = valid_output(c, b.image),
        .pooled_rows = b.rows / block->pool_height, .pooled_width = valid_pooled(c, b.image), .pooled_row = row,
        .y = y, .y_row = c->plan->out_row * c->step,
        .scale = c->scale, .shift = c->shift, .sign = c->sign, .relu = block->relu, .winners = winners,
        .constant = c->constant, .slope = c->slope,
    };
}

/// Clears pooled columns past the valid ones.
static void clear_invalid(const struct pool_arguments *a, int64_t width, float *pooled) {
    if (a->pooled_width < width && pooled)
        for (int64_t r = 0; r < a->pooled_rows; r++)
            memset(pooled + r * a->pooled_row + a->pooled_width * a->channels, 0,
                   (size_t)((width - a->pooled_width) * a->channels) * sizeof(float));
}

/// Where the pooled rows of a band begin in an image's tensor.
static int64_t pooled_offset(const block_context *c, band b) {
    int64_t channels = c->plan->shape->out_channels, plane = c->pooled_height * c->pooled_width;
    int64_t position = b.first / c->block->pool_height * c->pooled_width;
    return b.image * channels * plane + position * (c->block->pooled_channels_last ? channels : 1);
}

/// Whether the pooled tensor lies as scratch does, so that nothing need be copied.
static int lies_as_scratch(const block_context *c) {
    return c->block->pooled_channels_last && c->step == c->plan->shape->out_channels;
}

static void pool_band(const block_context *c, band b, const float *y) {
    const convolution_plan *p = c->plan;
    struct pool_arguments a = pool_arguments(c, b, y);
    if (!a.pooled_rows) return;
    int64_t positions = a.pooled_rows * c->pooled_width, floats = positions * c->step;
    float *out = c->pooled + pooled_offset(c, b);
    a.pooled = lies_as_scratch(c) ? out : convolution_scratch(floats);
    p->kernels->pool(&a);
    clear_invalid(&a, c->pooled_width, a.pooled);
    clear_invalid(&a, c->pooled_width, a.winners);
    if (lies_as_scratch(c)) return;
    positions_out(p, c->block->pooled_channels_last, a.pooled, c->step, p->shape->out_channels, positions, out,
                  c->pooled_height * c->pooled_width);
    convolution_release(a.pooled, floats);
}

static void moments_piece(void *context, int64_t index) {
    const block_context *c = context;
    const convolution_plan *p = c->plan;
    band b = band_at(c, index);
    int64_t floats = output_floats(p, b.rows);
    float *y = c->saved ? saved_band(c, b) : convolution_scratch(floats), *m = c->moments + index * 2 * c->step;
    correlate_band(c, b, y);
    if (valid_output(c, b.image) > 0)
        p->kernels->moments(y, p->out_row * c->step, b.rows, valid_output(c, b.image), c->step, m, m + c->step);
    if (!c->saved) convolution_release(y, floats);
}

static void pool_piece(void *context, int64_t index) {
    const block_context *c = context;
    band b = band_at(c, index);
    if (c->saved) { pool_band(c, b, saved_band(c, b)); return; }
    int64_t floats = output_floats(c->plan, b.rows);
    float *y = convolution_scratch(floats);
    correlate_band(c, b, y);
    pool_band(c, b, y);
    convolution_release(y, floats);
}

static void correlate_and_pool_piece(void *context, int64_t index) {
    const block_context *c = context;
    band b = band_at(c, index);
    correlate_band(c, b, saved_band(c, b));
    pool_band(c, b, saved_band(c, b));
}

/// Joins the pieces' moments, in order (Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983).
static void join_moments(const block_context *c, float *mean, float *variance) {
    int64_t pieces = c->plan->shape->batch * c->bands;
    for (int64_t o = 0; o < c->plan->shape->out_channels; o++) {
        double count = 0, m = 0, squares = 0;
        for (int64_t i = 0; i < pieces; i++) {
            band b = band_at(c, i);
            double n = (double)(b.rows * valid_output(c, b.image));
            if (n <= 0) continue;
            const float *piece = c->moments + i * 2 * c->step;
            double d = piece[o] - m, total = count + n;
            m += d * n / total;
            squares += piece[c->step + o] + d * d * count * n / total;
            count = total;
        }
        mean[o] = (float)m;
        variance[o] = count > 0 ? (float)(squares / count) : 0;
    }
}

/// Per-channel factors, padded with zeros: z = scale y + shift.
typedef struct { float *scale, *shift, *sign, *mean, *inverse, *constant, *slope; int64_t floats; } factors;

static factors make_factors(
    const convolution_plan *p, const float *gamma, const float *beta, float epsilon, const float *mean, const float *variance
) {
    int64_t step = p->out_step;
    factors f = { .floats = 7 * step };
    f.scale = convolution_scratch(f.floats);
    memset(f.scale, 0, (size_t)f.floats * sizeof(float));
    f.shift = f.scale + step; f.sign = f.shift + step; f.mean = f.sign + step;
    f.inverse = f.mean + step; f.constant = f.inverse + step; f.slope = f.constant + step;
    for (int64_t o = 0; o < p->shape->out_channels; o++) {
        double inverse = 1 / sqrt((double)variance[o] + epsilon), scale = gamma[o] * inverse;
        f.scale[o] = (float)scale;
        f.shift[o] = (float)(beta[o] - mean[o] * scale);
        f.sign[o] = gamma[o] > 0 ? 1 : gamma[o] < 0 ? -1 : 0;
        f.mean[o] = mean[o];
        f.inverse[o] = (float)inverse;
    }
    return f;
}

static void use_factors(block_context *c, const factors *f) {
    c->scale = f->scale; c->shift = f->shift; c->sign = f->sign; c->mean = f->mean;
    c->constant = f->constant; c->slope = f->slope;
}

// MARK: forward

void ser_convolution_block_train(
    const ser_convolution_block *block, const float *x, const float *w, const float *bias, const float *gamma,
    const float *beta, float epsilon, float *mean, float *variance, float *saved_output, float *saved_winners, float *pooled
) {
    if (convolution_is_first(block)) {
        convolution_first_forward(block, x, w, bias, gamma, beta, epsilon, mean, variance, 0, saved_winners, pooled);
        return;
    }
    convolution_plan p = convolution_plan_make(&block->convolution);
    block_context c = begin(block, &p, x);
    int64_t pieces = p.shape->batch * c.bands, moments = pieces * 2 * c.step;
    float *packed = convolution_scratch(packed_floats(&p));
    pack_weights(&p, w, bias, packed);
    c.packed = packed;
    c.saved = computed_again(&p) ? NULL : saved_output;
    c.moments = convolution_scratch(moments);
    ser_parallel_for(pieces, moments_piece, &c);
    join_moments(&c, mean, variance);
    convolution_release(c.moments, moments);
    factors f = make_factors(&p, gamma, beta, epsilon, mean, variance);
    use_factors(&c, &f);
    c.winners = saved_winners;
    c.pooled = pooled;
    ser_parallel_for(pieces, pool_piece, &c);
    convolution_release(f.scale, f.floats);
    convolution_release(packed, packed_floats(&p));
}

// MARK: few images

enum { FEW_IMAGES = 2, BAND_TILES = 32 };

/// Weights of one layer and what normalises it, for pieces that each take one panel of output channels. Where they are
/// not packed (`context->packed` is NULL), `w` and `bias` are what to pack.
typedef struct {
    const block_context *context;
    const float *w, *bias;
    int64_t rows, bands;
} panel_context;

/// One panel of channels of one band: packs its own weights, which for a single image is a good part of the work.
static void panel_piece(void *context, int64_t index) {
    const panel_context *q = context;
    const convolution_plan *p = q->context->plan;
    int64_t panel = p->kernels->panel, first = index % p->panels * panel, n = smaller(panel, p->out_channels - first);
    ser_convolution_shape shape = *p->shape;
    convolution_plan part = *p;
    shape.out_channels = part.out_channels = n;
    part.shape = &shape;
    part.out_step = smaller(panel, p->out_step - first);
    part.panels = 1;
    block_context c = *q->context;
    float *packed = c.packed ? NULL : convolution_scratch(packed_floats(&part));
    if (packed) pack_weights(&part, q->w + first * 9 * p->in_channels, q->bias ? q->bias + first : NULL, packed);
    c.packed = packed ? packed : c.packed + index % p->panels * packed_floats(&part);
    c.plan = &part; c.step = part.out_step;
    c.scale += first; c.shift += first; c.sign += first;
    int64_t place = index / p->panels % q->bands * q->rows;
    band b = { .image = index / p->panels / q->bands, .first = place, .rows = smaller(q->rows, p->out_height - place) };
    int64_t y_floats = output_floats(&part, b.rows);
    float *y = convolution_scratch(y_floats);
    correlate_band(&c, b, y);
    if (packed) convolution_release(packed, packed_floats(&part));

    struct pool_arguments a = pool_arguments(&c, b, y);
    int64_t positions = a.pooled_rows * c.pooled_width, channels = p->out_channels, plane = c.pooled_height * c.pooled_width;
    float *pooled = convolution_scratch(positions * c.step);
    a.pooled = pooled;
    part.kernels->pool(&a);
    clear_invalid(&a, c.pooled_width, pooled);
    int64_t start = b.first / c.block->pool_height * c.pooled_width;
    float *out = c.pooled + b.image * channels * plane;
    if (!c.block->pooled_channels_last)
        positions_out(&part, 0, pooled, c.step, n, positions, out + first * plane + start, plane);
    else for (int64_t i = 0; i < positions; i++)
        memcpy(out + (start + i) * channels + first, pooled + i * c.step, (size_t)n * sizeof(float));
    convolution_release(pooled, positions * c.step);
    convolution_release(y, y_floats);
}

static void apply_by_panels(const block_context *c, const float *w, const float *bias) {
    const convolution_plan *p = c->plan;
    int64_t columns = (p->out_width + 3) / 4, unit = c->block->pool_height;
    while (unit % row_unit(p)) unit += c->block->pool_height;
    int64_t rows = (BAND_TILES + columns - 1) / columns * 4;
    panel_context q = { .context = c, .w = w, .bias = bias, .rows = (rows + unit - 1) / unit * unit };
    q.bands = (p->out_height + q.rows - 1) / q.rows;
    ser_parallel_for(p->shape->batch * q.bands * p->panels, panel_piece, &q);
}

int64_t ser_convolution_block_packed_size(const ser_convolution_block *block) {
    if (convolution_is_first(block)) return 0;
    convolution_plan p = convolution_plan_make(&block->convolution);
    return packed_floats(&p);
}

void ser_convolution_block_pack(
    const ser_convolution_block *block, const float *w, const float *bias, float *packed
) {
    convolution_plan p = convolution_plan_make(&block->convolution);
    pack_weights(&p, w, bias, packed);
}

void ser_convolution_block_apply(
    const ser_convolution_block *block, const float *x, const float *w, const float *bias, const float *gamma,
    const float *beta, float epsilon, const float *mean, const float *variance, const float *packed,
    float *saved_output, float *saved_winners, float *pooled
) {
    if (convolution_is_first(block)) {
        convolution_first_forward(
            block, x, w, bias, gamma, beta, epsilon, (float *)(uintptr_t)mean, (float *)(uintptr_t)variance, 1,
            saved_winners, pooled);
        return;
    }
    convolution_plan p = convolution_plan_make(&block->convolution);
    block_context c = begin(block, &p, x);
    factors f = make_factors(&p, gamma, beta, epsilon, mean, variance);
    use_factors(&c, &f);
    c.pooled = pooled;
    c.packed = packed;
    if (p.winograd && !saved_winners && p.shape->batch <= FEW_IMAGES) {
        apply_by_panels(&c, w, bias);
        convolution_release(f.scale, f.floats);
        return;
    }
    float *own = packed ? NULL : convolution_scratch(packed_floats(&p));
    if (own) pack_weights(&p, w, bias, own);
    c.packed = packed ? packed : own;
    c.saved = saved_winners && !computed_again(&p) ? saved_output : NULL;
    c.winners = saved_winners;
    ser_parallel_for(p.shape->batch * c.bands, c.saved ? correlate_and_pool_piece : pool_piece, &c);
    convolution_release(f.scale, f.floats);
    if (own) convolution_release(own, packed_floats(&p));
}

// MARK: backward

/// The gradient of a band's pooled rows, in scratch order and cleared past the valid columns; *floats is 0 where it is
/// the tensor itself.
static const float *pooled_gradient(const block_context *c, const struct pool_arguments *a, band b, int64_t *floats) {
    const convolution_plan *p = c->plan;
    const float *from = c->dpooled + pooled_offset(c, b);
    *floats = 0;
    if (lies_as_scratch(c) && a->pooled_width == c->pooled_width) return from;
    int64_t positions = a->pooled_rows * c->pooled_width;
    *floats = positions * c->step;
    float *g = convolution_scratch(*floats);
    positions_in(p, c->block->pooled_channels_last, from, c->pooled_height * c->pooled_width, p->shape->out_channels,
                 positions, g, c->step);
    clear_invalid(a, c->pooled_width, g);
    return g;
}

static void release_gradient(const float *g, int64_t floats) {
    if (floats) convolution_release((float *)(uintptr_t)g, floats);
}

static void sums_piece(void *context, int64_t image) {
    const block_context *c = context;
    float *s = c->sums + image * 2 * c->step;
    memset(s, 0, (size_t)(2 * c->step) * sizeof(float));
    band b = { .image = image, .first = 0, .rows = c->plan->out_height };
    struct pool_arguments a = pool_arguments(c, b, NULL);
    if (!a.pooled_rows || !c->pooled_width) return;
    int64_t floats;
    const float *g = pooled_gradient(c, &a, b, &floats);
    c->plan->kernels->gated_sums(
        g, a.winners, a.pooled_rows * c->pooled_width, c->step, c->scale, c->shift, c->mean, c->block->relu, s, s + c->step);
    release_gradient(g, floats);
}

/// dgamma, dbeta, and with them the rest of dy = scale dz + constant + slope y.
static void join_sums(const block_context *c, factors *f, int frozen, float *dgamma, float *dbeta, float *dbias) {
    double count = (double)ser_convolution_block_count(c->block);
    for (int64_t o = 0; o < c->plan->shape->out_channels; o++) {
        double s1 = 0, s2 = 0;
        for (int64_t i = 0; i < c->plan->shape->batch; i++) {
            s1 += c->sums[i * 2 * c->step + o];
            s2 += c->sums[i * 2 * c->step + c->step + o];
        }
        double inverse = f->inverse[o], scale = f->scale[o];
        dbeta[o] = (float)s1;
        dgamma[o] = (float)(s2 * inverse);
        // With the batch's own statistics the mean takes a shift of all outputs away: the bias has no gradient.
        if (dbias) dbias[o] = frozen ? (float)(scale * s1) : 0;
        if (frozen || count <= 0) continue;
        double slope = -scale * s2 * inverse * inverse / count;
        f->slope[o] = (float)slope;
        f->constant[o] = (float)(-scale * s1 / count - slope * f->mean[o]);
    }
}

/// dy of a band, written from position (0, 0) of `dy` on; columns past the valid ones are left alone.
static void unpool_band(const block_context *c, band b, const float *y, float *dy, int64_t dy_row) {
    struct pool_arguments a = pool_arguments(c, b, y);
    int64_t floats;
    const float *g = pooled_gradient(c, &a, b, &floats);
    a.g = g; a.dy = dy; a.dy_row = dy_row;
    c->plan->kernels->unpool(&a);
    release_gradient(g, floats);
}

static void clear(float *p, int64_t floats) { memset(p, 0, (size_t)floats * sizeof(float)); }

/// One image without dx: band by band, nothing leaves the cache.
static void backward_bands(const block_context *c, int64_t image, float *partial) {
    const convolution_plan *p = c->plan;
    const ser_convolution_shape *s = p->shape;
    int64_t in_floats = input_floats(p, padded_rows(p, c->rows)), y_floats = output_floats(p, c->rows);
    float *padded = convolution_scratch(in_floats), *y = convolution_scratch(y_floats), *dy = convolution_scratch(y_floats);
    clear(dy, y_floats);  // the gaps between rows, and columns past the valid ones, stay zero
    for (int64_t i = 0; i < c->bands; i++) {
        band b = band_at(c, image * c->bands + i);
        fill_input(p, c->x + image * s->in_channels * s->height * s->width, valid_input(c, image),
                   b.first * s->stride_height, padded_rows(p, b.rows), padded);
        if (!c->saved) correlate_rows(p, padded, c->packed, b.rows, y);
        unpool_band(c, b, c->saved ? saved_band(c, b) : y, dy, p->out_row * c->step);
        accumulate_rows(p, padded, dy, p->out_row, b.rows, partial);
    }
    convolution_release(padded, in_floats);
    convolution_release(y, y_floats);
    convolution_release(dy, y_floats);
}

/// Copies dy from rows of `out_row` positions into the layout for dx, where the two differ (strides, cropped padding).
static void stretch(const convolution_plan *p, const float *from, float *dy) {
    const ser_convolution_shape *s = p->shape;
    for (int64_t h = 0; h < p->out_height; h++) {
        int64_t row = h * s->stride_height + p->dy_top;
        if (row < 0 || row >= p->dy_height) continue;
        for (int64_t w = 0; w < p->out_width; w++) {
            int64_t column = w * s->stride_width + p->dy_left;
            if (column < 0 || column >= s->width + p->span_width) continue;
            memcpy(dy + (row * p->dy_row + column) * p->out_step, from + (h * p->out_row + w) * p->out_step,
                   (size_t)p->out_step * sizeof(float));
        }
    }
}

typedef struct { float *padded, *y, *dy, *compact, *dx; } image_scratch;

/// One image with dx.
static void backward_image(const block_context *c, int64_t image, image_scratch m, float *partial) {
    const convolution_plan *p = c->plan;
    const ser_convolution_shape *s = p->shape;
    int64_t in_image = s->in_channels * s->height * s->width;
    band b = { .image = image, .first = 0, .rows = p->out_height };
    fill_input(p, c->x + image * in_image, valid_input(c, image), 0, p->padded_height, m.padded);
    if (!c->saved) correlate_rows(p, m.padded, c->packed, b.rows, m.y);
    int64_t dy_row = p->shared ? p->dy_row : p->out_row;
    float *dy = p->shared ? m.dy + (p->dy_top * p->dy_row + p->dy_left) * c->step : m.compact;
    if (c->block->out_widths)  // the image before may have been longer
        for (int64_t h = 0; h < p->out_height; h++) clear(dy + h * dy_row * c->step, p->out_width * c->step);
    unpool_band(c, b, c->saved ? saved_band(c, b) : m.y, dy, dy_row * c->step);
    accumulate_rows(p, m.padded, dy, dy_row, b.rows, partial);
    if (!p->shared) stretch(p, m.compact, m.dy);
    correlate_dx(p, m.dy, c->dx_packed, valid_input(c, image), m.dx, c->dx + image * in_image);
}

/// Images first..<end with Winograd's transforms.
static void backward_winograd(const block_context *c, int64_t first, int64_t end, float *partial) {
    const convolution_plan *p = c->plan;
    const ser_convolution_shape *s = p->shape;
    winograd_task t = winograd_begin(p, c->dx ? c->dx_packed : NULL, end - first);
    int64_t in_image = s->in_channels * s->height * s->width;
    int64_t in_floats = input_floats(p, p->padded_height), dy_size = t.tile_rows * 4 * p->row * c->step;
    float *padded = convolution_scratch(in_floats), *dy = convolution_scratch(dy_size);
    clear(dy, dy_size);
    for (int64_t from = first; from < end; from += t.group) {
        int64_t images = smaller(t.group, end - from);
        for (int64_t i = 0; i < images; i++) {
            band b = { .image = from + i, .first = 0, .rows = p->out_height };
            fill_input(p, c->x + b.image * in_image, valid_input(c, b.image), 0, p->padded_height, padded);
            if (c->block->out_widths) clear(dy, dy_size);  // the image before may have been longer
            unpool_band(c, b, saved_band(c, b), dy, p->row * c->step);
            winograd_take(&t, i, padded, dy);
        }
        winograd_products(&t, images);
        for (int64_t i = 0; c->dx && i < images; i++) {
            winograd_give(&t, i, padded);
            give_dx(p, padded + (s->pad_top * p->row + s->pad_left) * p->dx_step, p->row, valid_input(c, from + i),
                    c->dx + (from + i) * in_image);
        }
    }
    winograd_end(&t, partial);
    convolution_release(padded, in_floats);
    convolution_release(dy, dy_size);
}

static void backward_task(void *context, int64_t task) {
    const block_context *c = context;
    const convolution_plan *p = c->plan;
    int64_t first = task * c->images, end = smaller(first + c->images, p->shape->batch);
    float *partial = c->partials + task * partial_floats(p);
    if (p->winograd) {
        backward_winograd(c, first, end, partial);
        return;
    }
    clear(partial, partial_floats(p));
    if (!c->dx) {
        for (int64_t image = first; image < end; image++) backward_bands(c, image, partial);
        return;
    }
    int64_t in_floats = input_floats(p, p->padded_height), y_floats = output_floats(p, p->out_height);
    image_scratch m = {
        .padded = convolution_scratch(in_floats), .y = c->saved ? NULL : convolution_scratch(y_floats),
        .dy = convolution_scratch(dy_floats(p)), .compact = p->shared ? NULL : convolution_scratch(y_floats),
        .dx = convolution_scratch(dx_floats(p)),
    };
    clear(m.dy, dy_floats(p));
    if (m.compact) clear(m.compact, y_floats);
    for (int64_t image = first; image < end; image++) backward_image(c, image, m, partial);
    convolution_release(m.padded, in_floats);
    if (m.y) convolution_release(m.y, y_floats);
    convolution_release(m.dy, dy_floats(p));
    if (m.compact) convolution_release(m.compact, y_floats);
    convolution_release(m.dx, dx_floats(p));
}

void ser_convolution_block_backward(
    const ser_convolution_block *block, const float *x, const float *w, const float *bias, const float *gamma,
    const float *beta, float epsilon, const float *mean, const float *variance, int32_t frozen,
    const float *saved_output, const float *saved_winners, const float *dpooled,
    float *dx, float *dw, float *dbias, float *dgamma, float *dbeta
) {
    if (convolution_is_first(block)) {
        convolution_first_backward(
            block, x, w, bias, gamma, beta, epsilon, mean, variance, frozen, saved_winners, dpooled, dw, dbias, dgamma, dbeta);
        return;
    }
    convolution_plan p = convolution_plan_make(&block->convolution);
    block_context c = begin(block, &p, x);
    factors f = make_factors(&p, gamma, beta, epsilon, mean, variance);
    use_factors(&c, &f);
    c.saved = computed_again(&p) ? NULL : (float *)(uintptr_t)saved_output;
    c.winners = (float *)(uintptr_t)saved_winners;
    c.dpooled = dpooled;
    c.sums = convolution_scratch(p.shape->batch * 2 * c.step);
    ser_parallel_for(p.shape->batch, sums_piece, &c);
    join_sums(&c, &f, frozen, dgamma, dbeta, dbias);
    convolution_release(c.sums, p.shape->batch * 2 * c.step);

    float *packed = c.saved ? NULL : convolution_scratch(packed_floats(&p));
    if (packed) pack_weights(&p, w, bias, packed);
    float *dx_packed = dx ? convolution_scratch(dx_packed_floats(&p)) : NULL;
    if (dx_packed) pack_weights_for_dx(&p, w, dx_packed);
    c.packed = packed; c.dx_packed = dx_packed; c.dx = dx;
    c.images = images_per_task(&p);
    int64_t tasks = (p.shape->batch + c.images - 1) / c.images;
    c.partials = convolution_scratch(tasks * partial_floats(&p));
    ser_parallel_for(tasks, backward_task, &c);
    reduce_partials(&p, c.partials, tasks, dw);
    convolution_release(c.partials, tasks * partial_floats(&p));
    if (packed) convolution_release(packed, packed_floats(&p));
    if (dx_packed) convolution_release(dx_packed, dx_packed_floats(&p));
    convolution_release(f.scale, f.floats);
}
