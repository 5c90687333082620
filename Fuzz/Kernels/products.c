// SPDX-License-Identifier: Apache-2.0

#include "check.h"
#include "ser_gemm.h"

// Packed products and dense layers, against sums in double precision.
typedef struct {
    int64_t m, n, k;
    const float *a, *b, *bias, *dy, *w;
    int32_t relu;
    float *product, *y, *dx, *dw, *db;
} dense_case;

static void naive(float *c, const dense_case *d, bool relu) {
    for (int64_t i = 0; i < d->m; i++) {
        for (int64_t j = 0; j < d->n; j++) {
            double sum = d->bias[j];
            for (int64_t l = 0; l < d->k; l++) sum += (double)d->a[i * d->k + l] * d->w[j * d->k + l];
            c[i * d->n + j] = relu && sum < 0 ? 0 : (float)sum;
        }
    }
}

static void run(int number, void *context) {
    dense_case *d = context;
    int64_t m = d->m, n = d->n, k = d->k;
    float *packed = check_floats(ser_packed_size(k, n));
    float *c = check_floats(m * n), *y = check_floats(m * n), *dx = check_floats(m * k);
    float *dw = check_floats(n * k), *db = check_floats(n);
    ser_pack(packed, d->w, k, k, n, 1);
    ser_gemm_packed(m, n, k, d->a, k, packed, c, n, d->bias, 0);
    ser_dense_forward(m, n, k, d->a, k, d->w, k, y, n, d->bias, d->relu);
    ser_dense_input_gradient(m, n, k, d->dy, n, d->w, k, dx, k, 0);
    ser_dense_weight_gradient(m, n, k, d->dy, n, d->a, k, dw, k, 0);
    ser_dense_bias_gradient(m, n, d->dy, n, db, 0);
    if (number == 0) {
        float *expected = check_floats(m * n);
        naive(expected, d, false);
        check_close("packed product", c, expected, m * n, 1e-5);
        naive(expected, d, d->relu);
        check_close("dense", y, expected, m * n, 1e-5);
        d->product = c, d->y = y, d->dx = dx, d->dw = dw, d->db = db;
        return;
    }
    check_close("packed product", c, d->product, m * n, 1e-5);
    check_close("dense", y, d->y, m * n, 1e-5);
    check_close("dense dx", dx, d->dx, m * k, 1e-5);
    check_close("dense dw", dw, d->dw, n * k, 1e-5);
    check_close("dense db", db, d->db, n, 1e-5);
}

void check_products(void) {
    dense_case d = {
        .m = check_between(1, 40), .n = check_between(1, 90), .k = check_between(1, 90), .relu = check_coin()};
    d.a = check_random(d.m * d.k);
    d.w = check_random(d.n * d.k);
    d.bias = check_random(d.n);
    d.dy = check_random(d.m * d.n);
    check_each_way(run, &d);
}
