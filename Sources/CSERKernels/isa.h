// The kernels that exist once for each instruction set, as a table; one table is chosen when first used.
#pragma once
#include <stdint.h>

// Packed matrices lie in panels: 32 columns side by side, one row of 32 floats after the other.
enum { SER_PANEL = 32 };

typedef enum { SER_START_ZERO, SER_START_BIAS, SER_START_C } ser_start;

// c[m, n] = start + a[m, k] p[k, n], where a(r, i) = a[r * row_step + i * k_step], and columns 32 j ... 32 j + 31 of
// row i of p lie at p[j * panel_step + i * ldp]. START_BIAS begins with the row `bias`, START_C with c itself. n counts
// in multiples of 16; so many columns of c, p and bias must be there to read and write.
typedef struct {
    int64_t m, n, k;
    const float *a; int64_t row_step, k_step;
    const float *p; int64_t ldp, panel_step;
    float *c; int64_t ldc;
    ser_start start;
    const float *bias;
    // What comes next lies in memory too far away to wait for: it is fetched along the way. NULL: nothing.
    const float *next; int64_t next_count;
} ser_product;

// One step of a recurrent layer for some rows. A unit's gates lie `units` apart in a row; `count` units from the
// pointers on are computed, a multiple of 16.
typedef struct {
    int64_t rows, units, count;
    float *gates; int64_t ld_gates;              // in: sums of products; out: what the backward pass needs
    const float *before; int64_t ld_before;      // LSTM: cell state before the step; GRU: hidden state before it
    float *cell; int64_t ld_cell;                // LSTM: cell state after the step
    float *hidden; int64_t ld_hidden;            // out
} ser_cell_forward;

typedef struct {
    int64_t rows, units;
    const float *gates; int64_t ld_gates;        // as the forward step left them
    const float *before; int64_t ld_before;
    float *hidden_gradient;                      // [rows, units]; GRU: out, what reaches h before the step directly
    float *cell_gradient;                        // LSTM, [rows, units]: in after the step, out before it
    float *out; int64_t ld_out;                  // gradients of the sums of products
} ser_cell_backward;

typedef struct {
    const char *name;
    void (*multiply)(const ser_product *product);
    void (*lstm_forward)(const ser_cell_forward *step);
    void (*gru_forward)(const ser_cell_forward *step);
    void (*tanh_forward)(const ser_cell_forward *step);
    void (*relu_forward)(const ser_cell_forward *step);
    void (*lstm_backward)(const ser_cell_backward *step);
    void (*gru_backward)(const ser_cell_backward *step);
    void (*tanh_backward)(const ser_cell_backward *step);
    void (*relu_backward)(const ser_cell_backward *step);
    // sums[j] += sum over rows of a[row * lda + j]; n in multiples of 16
    void (*add_rows)(float *sums, const float *a, int64_t lda, int64_t rows, int64_t n);
    // The three products of a dense layer with few rows, on its weight [n, k] as it lies (gemm.c says which is which).
    void (*dense_forward)(int64_t m, int64_t n, int64_t k, const float *x, int64_t ldx, const float *w, int64_t ldw,
                          float *y, int64_t ldy, const float *bias, int relu);
    void (*dense_weight_gradient)(int64_t m, int64_t n, int64_t k, const float *dy, int64_t lddy, const float *x,
                                  int64_t ldx, float *dw, int64_t lddw, int accumulate);
    // Multiply-adds on registers; returns how many operations. out[0] and out[1] are a factor and an addend.
    double (*multiply_adds)(int64_t rounds, float *out);
} ser_isa;

const ser_isa *ser_current_isa(void);

#if defined(__x86_64__)
#define SER_HAS_X86_BODIES 1
extern const ser_isa ser_isa_avx512, ser_isa_avx2;
#endif
extern const ser_isa ser_isa_portable;

#define SER_ISA_TABLE(title)                                                                                           \
    {title, multiply, lstm_forward, gru_forward, tanh_forward, relu_forward, lstm_backward, gru_backward,              \
     tanh_backward, relu_backward, add_rows, dense_forward, dense_weight_gradient, multiply_adds}
