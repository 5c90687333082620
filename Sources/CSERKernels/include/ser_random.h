// SPDX-License-Identifier: Apache-2.0
// Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a number is a
// function of a key and a counter, so that a stream may be cut anywhere.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// The block for one counter: two 32-bit words, the first in the low half.
uint64_t ser_threefry(uint64_t key, uint64_t counter);
/// out[i] = uniform in [0, 1) with 24 bits, for counters first...; i runs over pairs of words.
void ser_random_uniform(float *_Nonnull out, int64_t count, uint64_t key);
/// mask[i] = 0 with probability `rate`, else 1 / (1 - rate).
void ser_random_dropout_mask(float *_Nonnull mask, int64_t count, uint64_t key, float rate);

// Dropout: random draws, product and the record of what was kept in one pass.

/// out[i] = x[i] * scale where 16 random bits of element first + i are at or above `threshold`, else 0; kept[i] (a byte
/// each) is 1 or 0 accordingly. `first` is a multiple of 256. Element i's bits depend on the key and i alone.
void ser_dropout(float *_Nonnull out, void *_Nonnull kept, const float *_Nonnull x, int64_t first, int64_t count,
                 uint64_t key, uint32_t threshold, float scale);
/// dx = (or +=) dy * scale where kept, else 0.
void ser_dropout_backward(float *_Nonnull dx, const float *_Nonnull dy, const void *_Nonnull kept, int64_t count,
                          float scale, bool accumulate);
