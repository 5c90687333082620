// SPDX-License-Identifier: Apache-2.0

#include "ser_attention.h"
#include <string.h>
#include "../simd/simd.h"
#include "../simd/vector_math.h"

SER_CLONES void ser_additive_scores(float *scores, const float *q, const float *k, const float *v, int64_t queries,
                                    int64_t keys, int64_t valid, int64_t units) {
    for (int64_t t = 0; t < queries; t++) {
        const float *query = q + t * units;
        for (int64_t s = 0; s < valid; s++) {
            _Pragma("clang fp reassociate(on)") const float *key = k + s * units;
            float total = 0;
            for (int64_t u = 0; u < units; u++) total += v[u] * ser_tanhf_approx(query[u] + key[u]);
            scores[t * keys + s] = total;
        }
        memset(scores + t * keys + valid, 0, (size_t)(keys - valid) * sizeof(float));
    }
}

SER_CLONES void ser_additive_scores_backward(float *dq, float *dk, float *dv, const float *dscores, const float *q,
                                             const float *k, const float *v, int64_t queries, int64_t keys,
                                             int64_t valid, int64_t units) {
    memset(dq, 0, (size_t)(queries * units) * sizeof(float));
    memset(dk, 0, (size_t)(keys * units) * sizeof(float));
    memset(dv, 0, (size_t)units * sizeof(float));
    for (int64_t t = 0; t < queries; t++) {
        const float *query = q + t * units;
        float *restrict dquery = dq + t * units;
        for (int64_t s = 0; s < valid; s++) {
            const float *key = k + s * units;
            float *restrict dkey = dk + s * units;
            float g = dscores[t * keys + s];
            _Pragma("clang loop vectorize(assume_safety)") for (int64_t u = 0; u < units; u++) {
                float y = ser_tanhf_approx(query[u] + key[u]);
                float d = g * v[u] * (1.0f - y * y);
                dquery[u] += d;
                dkey[u] += d;
                dv[u] += g * y;
            }
        }
    }
}
