// SPDX-License-Identifier: Apache-2.0

#include "layout.h"
#include "../gemm/pack.h"
#include "ser_parallel.h"
#include <string.h>

typedef struct {
    ser_recurrent_layout layout;
    const ser_recurrent_weights *weights;
    float *packed;
} packing;

static float bias_sum(const float *a, const float *b, int64_t i) { return (a ? a[i] : 0.0f) + (b ? b[i] : 0.0f); }

/// One panel: 32 units of one column group of the stored row.
static void pack_panel(void *context, int64_t index) {
    const packing *f = context;
    const ser_recurrent_layout *l = &f->layout;
    const int64_t hidden = l->shape.hidden, inputs = l->shape.inputs, units = l->units;
    int64_t column = index * SER_PANEL, group = column / units, unit = column % units;
    const ser_recurrent_part *part = l->part;
    while (column >= part->column + part->columns) part++;
    // GRU: the third and fourth groups are the state's and the input's half of gate n.
    int64_t gate = group == 3 && l->shape.kind == SER_RECURRENT_GRU ? 2 : group, row = gate * hidden + unit;
    int64_t depth = (part->state ? units : 0) + (part->input ? inputs : 0);
    int64_t columns = hidden - unit < SER_PANEL ? hidden - unit : SER_PANEL;
    float *out = f->packed + part->packed + (column - part->column) * depth;
    if (part->state) {
        ser_pack_panel_transposed(out, f->weights->weight_hh + row * hidden, hidden, hidden, columns);
        memset(out + hidden * SER_PANEL, 0, (size_t)((units - hidden) * SER_PANEL) * sizeof *out);
        out += units * SER_PANEL;
    }
    if (part->input) ser_pack_panel_transposed(out, f->weights->weight_ih + row * inputs, inputs, inputs, columns);
    float *bias = f->packed + l->bias + column;
    for (int64_t j = 0; j < SER_PANEL; j++)
        bias[j] = j >= columns ? 0.0f
                               : bias_sum(part->input ? f->weights->bias_ih : NULL,
                                          part->state ? f->weights->bias_hh : NULL, row + j);
}

int64_t ser_recurrent_packed_size(const ser_recurrent_shape *shape) {
    return ser_recurrent_layout_of(shape).packed_size;
}

void ser_recurrent_pack(const ser_recurrent_shape *shape, const ser_recurrent_weights *weights, float *packed) {
    packing f = {.layout = ser_recurrent_layout_of(shape), .weights = weights, .packed = packed};
    ser_parallel_for(f.layout.sums / SER_PANEL, pack_panel, &f);
}
