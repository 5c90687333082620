// SPDX-License-Identifier: Apache-2.0
// Max pooling with batch normalisation and ReLU, forward and backward.

SER_INLINE void pool_window(const struct pool_arguments *a, const float *y, int64_t height, int64_t width,
                            float *winner, float *pooled) {
    lanes zero = {0};
    for (int64_t c = 0; c < a->channels; c += SER_LANES) {
        lanes sign = SER_LOAD(a->sign + c), best = SER_LOAD(y + c), key = best * sign;
        for (int64_t i = 0; i < height; i++)
            for (int64_t j = 0; j < width; j++) {
                lanes value = SER_LOAD(y + i * a->y_row + j * a->channels + c), k = value * sign;
                lane_mask m = (k > key) | (value != value);  // a NaN wins, so that it is seen
                best = choose(m, value, best);
                key = choose(m, k, key);
            }
        if (winner) SER_STORE(winner + c, best);
        lanes z = SER_LOAD(a->scale + c) * best + SER_LOAD(a->shift + c);
        SER_STORE(pooled + c, a->relu ? choose(z < zero, zero, z) : z);  // so that NaN stays NaN
    }
}

static void pool(const struct pool_arguments *a) {
    for (int64_t h = 0; h < a->pooled_rows; h++) {
        const float *y = a->y + h * a->window_height * a->y_row;
        float *winner = a->winners ? a->winners + h * a->pooled_row : NULL, *pooled = a->pooled + h * a->pooled_row;
        for (int64_t w = 0; w < a->pooled_width; w++) {
            int64_t width = smaller(a->window_width, a->width - w * a->window_width);
            if (a->window_height == 2 && width == 2)
                pool_window(a, y, 2, 2, winner, pooled);
            else
                pool_window(a, y, a->window_height, width, winner, pooled);
            y += a->window_width * a->channels;
            if (winner) winner += a->channels;
            pooled += a->channels;
        }
    }
}

/// Full where the statistics follow the values; where they are fixed, a NaN among the values has no part in dy.
SER_INLINE lane_mask moving(const struct pool_arguments *a) {
    lane_mask none = {0};
    return a->moves ? ~none : none;
}

SER_INLINE void unpool_window(const struct pool_arguments *a, const float *y, int64_t height, int64_t width,
                              const float *winner, const float *g, float *dy) {
    lanes zero = {0};
    lane_mask moves = moving(a);
    for (int64_t c = 0; c < a->channels; c += SER_LANES) {
        lanes scale = SER_LOAD(a->scale + c), constant = SER_LOAD(a->constant + c), slope = SER_LOAD(a->slope + c);
        lanes best = SER_LOAD(winner + c), d = scale * SER_LOAD(g + c);
        if (a->relu) d = choose(scale * best + SER_LOAD(a->shift + c) <= zero, zero, d);  // NaN passes, as in ReLU
        for (int64_t i = 0; i < height; i++)
            for (int64_t j = 0; j < width; j++) {
                lanes value = SER_LOAD(y + i * a->y_row + j * a->channels + c);
                // The first in the window, or the first NaN of one that holds any; then nothing is left for the others.
                lane_mask m = (value == best) | (value != value);
                lanes rest = (lanes)(moves & (lane_mask)(constant + slope * value));
                SER_STORE(dy + i * a->dy_row + j * a->channels + c, rest + choose(m, d, zero));
                d = choose(m, zero, d);
            }
    }
}

SER_INLINE void unpool_rest(const struct pool_arguments *a, const float *y, float *dy, int64_t from, int64_t to) {
    lane_mask moves = moving(a);
    for (int64_t w = from; w < to; w++)
        for (int64_t c = 0; c < a->channels; c += SER_LANES) {
            lanes rest = SER_LOAD(a->constant + c) + SER_LOAD(a->slope + c) * SER_LOAD(y + w * a->channels + c);
            SER_STORE(dy + w * a->channels + c, (lanes)(moves & (lane_mask)rest));
        }
}

static void unpool(const struct pool_arguments *a) {
    for (int64_t h = 0; h < a->pooled_rows; h++) {
        const float *y = a->y + h * a->window_height * a->y_row;
        float *dy = a->dy + h * a->window_height * a->dy_row;
        const float *winner = a->winners + h * a->pooled_row, *g = a->g + h * a->pooled_row;
        for (int64_t w = 0; w < a->pooled_width; w++) {
            int64_t width = smaller(a->window_width, a->width - w * a->window_width);
            if (a->window_height == 2 && width == 2)
                unpool_window(a, y, 2, 2, winner, g, dy);
            else
                unpool_window(a, y, a->window_height, width, winner, g, dy);
            y += a->window_width * a->channels;
            dy += a->window_width * a->channels;
            winner += a->channels;
            g += a->channels;
        }
    }
    int64_t covered = smaller(a->pooled_width * a->window_width, a->width);
    for (int64_t h = 0; h < a->rows; h++)
        unpool_rest(a, a->y + h * a->y_row, a->dy + h * a->dy_row, h < a->pooled_rows * a->window_height ? covered : 0,
                    a->width);
}
