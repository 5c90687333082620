// The inner kernels of convolution for AVX-512.
#include "convolution_kernels.h"
#include <string.h>

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define LANES 16
#define ROWS 8
#define KERNELS convolution_avx512
#include "convolution_body.h"
#pragma clang attribute pop
#endif
