// SPDX-License-Identifier: Apache-2.0
// Floats as files hold them: conversions between 32-bit floats and the narrower and wider types of safetensors.
#pragma once
#include <stdint.h>

/// 1 where every |x[i]| is below `limit` (INFINITY: where all are finite); NaN never is.
int32_t ser_all_below(const float *_Nonnull x, int64_t count, float limit);

/// IEEE 754 binary16 to float, exact.
void ser_from_float16(float *_Nonnull out, const uint16_t *_Nonnull in, int64_t count);
/// Float to binary16, to the nearest, ties to even; beyond 65520 infinite.
void ser_to_float16(uint16_t *_Nonnull out, const float *_Nonnull in, int64_t count);
/// bfloat16 (the upper half of a float) to float, exact.
void ser_from_bfloat16(float *_Nonnull out, const uint16_t *_Nonnull in, int64_t count);
/// Float to bfloat16, to the nearest, ties to even.
void ser_to_bfloat16(uint16_t *_Nonnull out, const float *_Nonnull in, int64_t count);
/// Double to float, to the nearest.
void ser_from_float64(float *_Nonnull out, const double *_Nonnull in, int64_t count);
/// 8-bit floats to float, exact (Micikevicius et al., "FP8 formats for deep learning", 2022): 5 bits of exponent as
/// binary16 has, or 4 with a bias of 7, no infinities and NaN at all ones.
void ser_from_float8_e5m2(float *_Nonnull out, const uint8_t *_Nonnull in, int64_t count);
void ser_from_float8_e4m3(float *_Nonnull out, const uint8_t *_Nonnull in, int64_t count);
