// SPDX-License-Identifier: Apache-2.0

#include "method.h"
#include "direct.h"
#include "winograd.h"
#include "../runtime/scratch.h"

int64_t ser_convolution_packed_floats(const convolution_plan *p) {
    return p->winograd ? ser_winograd_packed_floats(p) : ser_direct_packed_floats(p);
}
int64_t ser_convolution_dx_packed_floats(const convolution_plan *p) {
    return p->winograd ? ser_winograd_dx_packed_floats(p) : ser_direct_dx_packed_floats(p);
}

void ser_convolution_pack(const convolution_plan *p, const float *w, const float *bias, float *packed) {
    if (!p->winograd) {
        ser_direct_pack(p, w, bias, packed);
        return;
    }
    float *plain = ser_scratch(ser_direct_packed_floats(p));
    ser_direct_pack(p, w, bias, plain);
    ser_winograd_pack(p, plain, packed);
    ser_scratch_free(plain, ser_direct_packed_floats(p));
}

void ser_convolution_pack_for_dx(const convolution_plan *p, const float *w, float *packed) {
    if (!p->winograd) {
        ser_direct_pack_for_dx(p, w, packed);
        return;
    }
    float *plain = ser_scratch(ser_direct_dx_packed_floats(p));
    ser_direct_pack_for_dx(p, w, plain);
    ser_winograd_pack_for_dx(p, plain, packed);
    ser_scratch_free(plain, ser_direct_dx_packed_floats(p));
}

void ser_convolution_correlate(const convolution_plan *p, const float *padded, const float *packed, int64_t rows,
                               float *y) {
    if (p->winograd)
        ser_winograd_correlate(p, padded, packed, rows, y);
    else
        ser_direct_correlate(p, padded, packed, rows, y);
}
