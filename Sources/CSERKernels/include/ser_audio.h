// SPDX-License-Identifier: Apache-2.0
// Kernels of the way from sound to features: windows, power spectra, sparse mel rows, logarithms, projections.
#pragma once
#include <stdint.h>

/// Values in a block of a sparse mel row; rows and the spectra they read are padded to whole blocks.
#define SER_AUDIO_LANES 16

/// out[i] = in[i] * window[i]
void ser_audio_window(float *_Nonnull out, const float *_Nonnull in, const float *_Nonnull window, int64_t count);
/// The same for in[i] = scale * x[i], less the mean of the frame where asked, less preemphasis * in[i - 1]; Kaldi's
/// order.
void ser_audio_window_speech(float *_Nonnull out, const float *_Nonnull x, const float *_Nonnull window, int64_t count,
                             float scale, int32_t removes_mean, float preemphasis);

/// Power spectrum of 2 * half real values, from the complex transform z (half interleaved pairs) of those values taken
/// in pairs; turn holds cos and sin of pi k / half, k in 0..half/2. out has half + 1 values.
void ser_audio_packed_power(float *_Nonnull out, const float *_Nonnull z, const float *_Nonnull cosines,
                            const float *_Nonnull sines, int64_t half);
/// The same as a complex spectrum of half + 1 interleaved pairs.
void ser_audio_packed_spectrum(float *_Nonnull out, const float *_Nonnull z, const float *_Nonnull cosines,
                               const float *_Nonnull sines, int64_t half);
/// out[i] = |z[i]|^2 for interleaved pairs; out may be the memory of z.
void ser_audio_power(float *_Nonnull out, const float *_Nonnull z, int64_t count);

/// Sparse product: out[r] = sum of power[start[r]...] times the row's weights, blocks[r] blocks of them. Rows come in
/// multiples of 16, as does the room in out.
void ser_audio_mel(float *_Nonnull out, const float *_Nonnull power, const int32_t *_Nonnull start,
                   const int32_t *_Nonnull blocks, const float *_Nonnull weights, int64_t rows);

/// x[i] = 10 log10(max(x[i], least)) in place; the largest of them. In this and the next two, NaN stays NaN.
float ser_audio_decibels(float *_Nonnull x, int64_t count, float least);
/// x[i] = ln(max(x[i], least)) in place.
void ser_audio_log(float *_Nonnull x, int64_t count, float least);
/// x[i] = max(x[i], least) + offset in place.
void ser_audio_floor(float *_Nonnull x, int64_t count, float least, float offset);
/// x[i] = sqrt(x[i]) in place.
void ser_audio_sqrt(float *_Nonnull x, int64_t count);

/// out[i, j] = sum over k of rows[i, k] * matrix[j / 16][k][j % 16]: a product with a matrix packed in panels of
/// 16 columns.
void ser_audio_project(float *_Nonnull out, int64_t out_stride, const float *_Nonnull rows, int64_t row_stride,
                       const float *_Nonnull matrix, int64_t count, int64_t inner, int64_t columns);

/// Sum of squares.
float ser_audio_energy(const float *_Nonnull x, int64_t count);
/// Sum of products, in double precision.
double ser_audio_dot(const float *_Nonnull a, const float *_Nonnull b, int64_t count);
/// 1 where no value is NaN or infinite.
int32_t ser_audio_all_finite(const float *_Nonnull x, int64_t count);
