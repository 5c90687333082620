// Dropout: random draws, product and the record of what was kept in one pass.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// out[i] = x[i] * scale where 16 random bits of element first + i are at or above `threshold`, else 0; kept[i] (a byte
/// each) is 1 or 0 accordingly. `first` is a multiple of 256. Element i's bits depend on the key and i alone.
void ser_dropout(float *_Nonnull out, void *_Nonnull kept, const float *_Nonnull x, int64_t first, int64_t count,
                 uint64_t key, uint32_t threshold, float scale);
/// dx = (or +=) dy * scale where kept, else 0.
void ser_dropout_backward(float *_Nonnull dx, const float *_Nonnull dy, const void *_Nonnull kept, int64_t count,
                          float scale, bool accumulate);
