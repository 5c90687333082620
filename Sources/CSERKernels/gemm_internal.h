// What gemm.c shares with the recurrent layers.
#pragma once
#include "isa.h"
#include "simd/simd.h"

/// One panel (32 floats a row, k rows) from in[columns, k], or from in[k, columns]; columns that lack are zeros.
void ser_pack_panel_transposed(float *out, const float *in, int64_t ld, int64_t k, int64_t columns);
void ser_pack_panel(float *out, const float *in, int64_t ld, int64_t k, int64_t columns);
/// A product whose number of columns is anything.
void ser_multiply(const ser_isa *isa, const ser_product *product);
