// SPDX-License-Identifier: Apache-2.0
// Products whose number of columns is anything.
#pragma once
#include "kernels.h"

#pragma GCC visibility push(hidden)
/// As kernels->multiply, but product->n need not be a multiple of 16.
void ser_multiply(const ser_gemm_kernels *kernels, const ser_product *product);
#pragma GCC visibility pop
