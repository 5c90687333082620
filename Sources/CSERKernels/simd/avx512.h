// SPDX-License-Identifier: Apache-2.0
// AVX-512. Functions from here to the source's "#pragma clang attribute pop" are compiled for it. Features are named
// one by one: "arch=x86-64-v4" would bring a tuning that halves the vectors.
#pragma once
#include <string.h>
#define SER_TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#pragma clang attribute push(SER_TARGET, apply_to = function)
#define SER_SET avx512
#define SER_LANES 16
#include "simd.h"
