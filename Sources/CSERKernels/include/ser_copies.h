// Moving blocks of floats about: the inside of transposing, slicing, joining and padding.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// out[r * out_row + c * out_column] = (or +=) x[r * x_row + c * x_column]
void ser_copy_grid(float *_Nonnull out, int64_t out_row, int64_t out_column, const float *_Nonnull x, int64_t x_row,
                   int64_t x_column, int64_t rows, int64_t columns, bool accumulate);
