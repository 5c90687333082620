// The inner kernels of convolution for any processor: vectors of four, which every target has or imitates.
#include "convolution_kernels.h"
#include <string.h>

#define LANES 4
#if defined(__aarch64__)
#define ROWS 8
#else
#define ROWS 4
#endif
#define KERNELS convolution_plain
#include "convolution_body.h"
