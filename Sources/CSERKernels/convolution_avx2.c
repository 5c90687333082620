// The inner kernels of convolution for AVX2 with FMA.
#include "convolution_kernels.h"
#include <string.h>

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define ROWS 6
#define KERNELS convolution_avx2
#include "convolution_body.h"
#pragma clang attribute pop
#endif
