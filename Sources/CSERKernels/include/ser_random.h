// Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a number is a
// function of a key and a counter, so that a stream may be cut anywhere.
#pragma once
#include <stdint.h>

/// The block for one counter: two 32-bit words, the first in the low half.
uint64_t ser_threefry(uint64_t key, uint64_t counter);
/// out[i] = uniform in [0, 1) with 24 bits, for counters first...; i runs over pairs of words.
void ser_random_uniform(float *_Nonnull out, int64_t count, uint64_t key);
/// mask[i] = 0 with probability `rate`, else 1 / (1 - rate).
void ser_random_dropout_mask(float *_Nonnull mask, int64_t count, uint64_t key, float rate);
