// SPDX-License-Identifier: Apache-2.0
// AVX2 with fused multiply-add. Functions from here to the source's "#pragma clang attribute pop" are compiled for it.
#pragma once
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define SER_SET avx2
#define SER_LANES 8
#include "simd.h"
