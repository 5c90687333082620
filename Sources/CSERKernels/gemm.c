#include "ser_gemm.h"
#include "gemm_internal.h"
#include "ser_memory.h"
#include <stdatomic.h>
#include <string.h>

// MARK: Instruction sets

/// The tables that this processor can run, best last.
static int32_t find_sets(const ser_isa *sets[3]) {
    int32_t count = 0;
    sets[count++] = &ser_isa_portable;
#if SER_HAS_X86_BODIES
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (avx2) sets[count++] = &ser_isa_avx2;
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) sets[count++] = &ser_isa_avx512;
#endif
    return count;
}

static const ser_isa *_Atomic best;
static _Thread_local const ser_isa *forced;

const ser_isa *ser_current_isa(void) {
    if (forced) return forced;
    const ser_isa *isa = atomic_load_explicit(&best, memory_order_acquire);
    if (isa) return isa;
    const ser_isa *sets[3];
    isa = sets[find_sets(sets) - 1];
    atomic_store_explicit(&best, isa, memory_order_release);
    return isa;
}

int32_t ser_instruction_sets(void) {
    const ser_isa *sets[3];
    return find_sets(sets);
}

const char *ser_instruction_set_name(int32_t index) {
    const ser_isa *sets[3];
    return index < 0 || index >= find_sets(sets) ? "none" : sets[index]->name;
}

void ser_use_instruction_set(int32_t index) {
    const ser_isa *sets[3];
    forced = index < 0 || index >= find_sets(sets) ? NULL : sets[index];
}

double ser_multiply_adds(int64_t rounds) {
    // Read where the compiler cannot know them, so that the loop stays.
    volatile float factor = 0.5f, addend = 1.0f;
    float out[2] = {factor, addend};
    double operations = ser_current_isa()->multiply_adds(rounds, out);
    factor = out[0];
    return operations;
}

// MARK: Packing

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

/// One panel of k rows from in[columns, k].
SER_CLONES void ser_pack_panel_transposed(float *out, const float *in, int64_t ld, int64_t k, int64_t columns) {
    if (columns < SER_PANEL) memset(out, 0, (size_t)(k * SER_PANEL) * sizeof *out);
    int64_t whole_columns = columns / 8 * 8, whole = k / 8 * 8;
    for (int64_t i = 0; i < whole; i += 8)
        for (int64_t j = 0; j < whole_columns; j += 8) transpose_eight(out + i * SER_PANEL + j, in + j * ld + i, ld);
    for (int64_t j = 0; j < columns; j++)
        for (int64_t i = j < whole_columns ? whole : 0; i < k; i++) out[i * SER_PANEL + j] = in[j * ld + i];
}

/// One panel of k rows from in[k, columns].
void ser_pack_panel(float *out, const float *in, int64_t ld, int64_t k, int64_t columns) {
    for (int64_t i = 0; i < k; i++, out += SER_PANEL) {
        memcpy(out, in + i * ld, (size_t)columns * sizeof *out);
        if (columns < SER_PANEL) memset(out + columns, 0, (size_t)(SER_PANEL - columns) * sizeof *out);
    }
}

void ser_pack(float *packed, const float *b, int64_t ldb, int64_t k, int64_t n, int32_t transposed) {
    for (int64_t column = 0; column < n; column += SER_PANEL, packed += k * SER_PANEL) {
        int64_t columns = n - column < SER_PANEL ? n - column : SER_PANEL;
        if (transposed) ser_pack_panel_transposed(packed, b + column * ldb, ldb, k, columns);
        else ser_pack_panel(packed, b + column, ldb, k, columns);
    }
}

// MARK: Products

enum { TAIL_ROWS = 64, TAIL_DEPTH = 64 };

/// The columns of a product that do not fill a tile: computed 16 wide beside c, then copied.
static void multiply_tail(const ser_isa *isa, const ser_product *g, int64_t columns) {
    float c[TAIL_ROWS * 16], p[TAIL_DEPTH * 16], bias[16] = {0};
    if (g->bias) memcpy(bias, g->bias, (size_t)columns * sizeof *bias);
    for (int64_t row = 0; row < g->m; row += TAIL_ROWS) {
        int64_t rows = g->m - row < TAIL_ROWS ? g->m - row : TAIL_ROWS;
        memset(c, 0, sizeof c);
        if (g->start == SER_START_C)
            for (int64_t r = 0; r < rows; r++)
                memcpy(c + r * 16, g->c + (row + r) * g->ldc, (size_t)columns * sizeof *c);
        ser_product part = {.m = rows, .n = 16, .a = g->a + row * g->row_step, .row_step = g->row_step,
                            .k_step = g->k_step, .p = p, .ldp = 16, .panel_step = 0, .c = c, .ldc = 16,
                            .start = g->start, .bias = bias};
        for (int64_t i = 0; i == 0 || i < g->k; i += TAIL_DEPTH) {
            part.k = g->k - i < TAIL_DEPTH ? g->k - i : TAIL_DEPTH;
            memset(p, 0, sizeof p);
            for (int64_t d = 0; d < part.k; d++)
                memcpy(p + d * 16, g->p + (i + d) * g->ldp, (size_t)columns * sizeof *p);
            isa->multiply(&part);
            part.a += part.k * g->k_step;
            part.start = SER_START_C;
        }
        for (int64_t r = 0; r < rows; r++) memcpy(g->c + (row + r) * g->ldc, c + r * 16, (size_t)columns * sizeof *c);
    }
}

/// A product whose number of columns is anything.
void ser_multiply(const ser_isa *isa, const ser_product *product) {
    ser_product g = *product;
    g.n = product->n / 16 * 16;
    if (g.n > 0) isa->multiply(&g);
    int64_t left = product->n - g.n;
    if (left == 0) return;
    ser_product tail = *product;
    tail.p += g.n / SER_PANEL * g.panel_step + g.n % SER_PANEL;
    tail.c += g.n;
    if (tail.bias) tail.bias += g.n;
    multiply_tail(isa, &tail, left);
}

static void add_bias(int64_t m, int64_t n, float *c, int64_t ldc, const float *bias) {
    for (int64_t r = 0; r < m; r++)
        for (int64_t j = 0; j < n; j++) c[r * ldc + j] += bias[j];
}

void ser_gemm_packed(int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *packed, float *c,
                     int64_t ldc, const float *bias, int32_t accumulate) {
    if (accumulate && bias) add_bias(m, n, c, ldc, bias);
    ser_product g = {.m = m, .n = n, .k = k, .a = a, .row_step = lda, .k_step = 1, .p = packed, .ldp = SER_PANEL,
                     .panel_step = k * SER_PANEL, .c = c, .ldc = ldc,
                     .start = accumulate ? SER_START_C : bias ? SER_START_BIAS : SER_START_ZERO, .bias = bias};
    ser_multiply(ser_current_isa(), &g);
}

// MARK: Dense layers

void ser_dense_forward(int64_t m, int64_t n, int64_t k, const float *x, int64_t ldx, const float *w, int64_t ldw,
                       float *y, int64_t ldy, const float *bias, int32_t relu) {
    const ser_isa *isa = ser_current_isa();
    const size_t bytes = (size_t)ser_packed_size(k, n) * sizeof(float);
    // Packing the weight pays with many rows, the sooner the shorter they are, as long as it stays in the cache.
    const int many = m >= (k < 128 ? 8 : 32) && n >= 16 && bytes <= (1 << 20);
    float *packed = many ? ser_allocate(bytes) : NULL;
    if (!packed) {
        isa->dense_forward(m, n, k, x, ldx, w, ldw, y, ldy, bias, relu);
        return;
    }
    ser_pack(packed, w, ldw, k, n, 1);
    ser_gemm_packed(m, n, k, x, ldx, packed, y, ldy, bias, 0);
    for (int64_t r = 0; relu && r < m; r++)
        for (int64_t j = 0; j < n; j++) y[r * ldy + j] = y[r * ldy + j] < 0.0f ? 0.0f : y[r * ldy + j];
    ser_free(packed, bytes);
}

void ser_dense_input_gradient(int64_t m, int64_t n, int64_t k, const float *dy, int64_t lddy, const float *w,
                              int64_t ldw, float *dx, int64_t lddx, int32_t accumulate) {
    ser_product g = {.m = m, .n = k, .k = n, .a = dy, .row_step = lddy, .k_step = 1, .p = w, .ldp = ldw,
                     .panel_step = SER_PANEL, .c = dx, .ldc = lddx, .start = accumulate ? SER_START_C : SER_START_ZERO};
    ser_multiply(ser_current_isa(), &g);
}

void ser_dense_weight_gradient(int64_t m, int64_t n, int64_t k, const float *dy, int64_t lddy, const float *x,
                               int64_t ldx, float *dw, int64_t lddw, int32_t accumulate) {
    const ser_isa *isa = ser_current_isa();
    if (m < 8) {
        isa->dense_weight_gradient(m, n, k, dy, lddy, x, ldx, dw, lddw, accumulate);
        return;
    }
    ser_product g = {.m = n, .n = k, .k = m, .a = dy, .row_step = 1, .k_step = lddy, .p = x, .ldp = ldx,
                     .panel_step = SER_PANEL, .c = dw, .ldc = lddw, .start = accumulate ? SER_START_C : SER_START_ZERO};
    ser_multiply(isa, &g);
}

void ser_dense_bias_gradient(int64_t m, int64_t n, const float *dy, int64_t lddy, float *db, int32_t accumulate) {
    if (!accumulate) memset(db, 0, (size_t)n * sizeof *db);
    int64_t whole = n / 16 * 16;
    if (whole > 0) ser_current_isa()->add_rows(db, dy, lddy, m, whole);
    for (int64_t r = 0; r < m; r++)
        for (int64_t j = whole; j < n; j++) db[j] += dy[r * lddy + j];
}
