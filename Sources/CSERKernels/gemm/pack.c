// SPDX-License-Identifier: Apache-2.0

#include "pack.h"
#include "../simd/simd.h"
#include "ser_gemm.h"
#include <string.h>

int64_t ser_packed_size(int64_t k, int64_t n) { return k * ((n + SER_PANEL - 1) / SER_PANEL * SER_PANEL); }

typedef float eight __attribute__((vector_size(32), aligned(4), may_alias));
#define SER_EIGHT(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

/// out[8 rows of 32 floats, 8 columns] = transpose of in[8 rows, 8 columns]
SER_INLINE void transpose_eight(float *out, const float *in, int64_t ld) {
    eight r[8], s[8];
    for (int i = 0; i < 8; i++) r[i] = *(const eight *)(in + i * ld);
    for (int i = 0; i < 4; i++) {
        s[2 * i] = SER_EIGHT(r[2 * i], r[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        s[2 * i + 1] = SER_EIGHT(r[2 * i], r[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int i = 0; i < 2; i++) {
        r[4 * i] = SER_EIGHT(s[4 * i], s[4 * i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        r[4 * i + 1] = SER_EIGHT(s[4 * i], s[4 * i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        r[4 * i + 2] = SER_EIGHT(s[4 * i + 1], s[4 * i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
        r[4 * i + 3] = SER_EIGHT(s[4 * i + 1], s[4 * i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (int i = 0; i < 4; i++) {
        *(eight *)(out + i * SER_PANEL) = SER_EIGHT(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        *(eight *)(out + (i + 4) * SER_PANEL) = SER_EIGHT(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

SER_CLONES void ser_pack_panel_transposed(float *out, const float *in, int64_t ld, int64_t k, int64_t columns) {
    if (columns < SER_PANEL) memset(out, 0, (size_t)(k * SER_PANEL) * sizeof *out);
    int64_t whole_columns = columns / 8 * 8, whole = k / 8 * 8;
    for (int64_t i = 0; i < whole; i += 8)
        for (int64_t j = 0; j < whole_columns; j += 8) transpose_eight(out + i * SER_PANEL + j, in + j * ld + i, ld);
    for (int64_t j = 0; j < columns; j++)
        for (int64_t i = j < whole_columns ? whole : 0; i < k; i++) out[i * SER_PANEL + j] = in[j * ld + i];
}

void ser_pack_panel(float *out, const float *in, int64_t ld, int64_t k, int64_t columns) {
    for (int64_t i = 0; i < k; i++, out += SER_PANEL) {
        memcpy(out, in + i * ld, (size_t)columns * sizeof *out);
        if (columns < SER_PANEL) memset(out + columns, 0, (size_t)(SER_PANEL - columns) * sizeof *out);
    }
}

void ser_pack(float *packed, const float *b, int64_t ldb, int64_t k, int64_t n, int32_t transposed) {
    for (int64_t column = 0; column < n; column += SER_PANEL, packed += k * SER_PANEL) {
        int64_t columns = n - column < SER_PANEL ? n - column : SER_PANEL;
        if (transposed)
            ser_pack_panel_transposed(packed, b + column * ldb, ldb, k, columns);
        else
            ser_pack_panel(packed, b + column, ldb, k, columns);
    }
}
