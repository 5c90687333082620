// SPDX-License-Identifier: Apache-2.0

#include "ser_elementwise.h"
#include <string.h>
#include "../simd/simd.h"

SER_CLONES void ser_scale_planes(float *out, const float *x, const float *scales, int64_t planes, int64_t height,
                                 int64_t width, int64_t valid) {
    for (int64_t line = 0; line < planes * height; line++) {
        float scale = scales[line / height];
        float *y = out + line * width;
        const float *p = x + line * width;
        for (int64_t i = 0; i < valid; i++) y[i] = p[i] * scale;
        memset(y + valid, 0, (size_t)(width - valid) * sizeof(float));
    }
}

SER_INLINE float product_sum(const float *a, const float *b, int64_t n) {
    _Pragma("clang fp reassociate(on)") float total = 0;
    for (int64_t i = 0; i < n; i++) total += a[i] * b[i];
    return total;
}

SER_CLONES void ser_scale_planes_backward(float *dx, float *dscales, const float *dy, const float *x,
                                          const float *scales, int64_t planes, int64_t height, int64_t width,
                                          int64_t valid, bool accumulate) {
    for (int64_t plane = 0; plane < planes; plane++) {
        float scale = scales[plane];
        double total = 0;
        for (int64_t h = 0; h < height; h++) {
            int64_t start = (plane * height + h) * width;
            const float *g = dy + start;
            if (dscales) total += (double)product_sum(g, x + start, valid);
            if (!dx) continue;
            float *d = dx + start;
            if (accumulate) {
                for (int64_t i = 0; i < valid; i++) d[i] += g[i] * scale;
            } else {
                for (int64_t i = 0; i < valid; i++) d[i] = g[i] * scale;
                memset(d + valid, 0, (size_t)(width - valid) * sizeof(float));
            }
        }
        if (dscales) dscales[plane] = (float)total;
    }
}
