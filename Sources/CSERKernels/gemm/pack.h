// SPDX-License-Identifier: Apache-2.0
// Packing matrices into panels (see SER_PANEL).
#pragma once
#include "kernels.h"

#pragma GCC visibility push(hidden)
/// One panel of k rows from in[columns, k], or from in[k, columns]; columns that lack are zeros.
void ser_pack_panel_transposed(float *out, const float *in, int64_t ld, int64_t k, int64_t columns);
void ser_pack_panel(float *out, const float *in, int64_t ld, int64_t k, int64_t columns);
#pragma GCC visibility pop
