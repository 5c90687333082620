// SPDX-License-Identifier: Apache-2.0
// The steps of recurrent layers for AVX-512.
#if defined(__x86_64__)
#include "cells.h"
#include "../simd/avx512.h"
#include "cells_body.h"
#pragma clang attribute pop
#endif
