// SPDX-License-Identifier: Apache-2.0

#include "scratch.h"
#include "ser_memory.h"
#include <stdio.h>
#include <stdlib.h>

float *ser_scratch(int64_t floats) {
    float *block = ser_allocate(bytes_of(floats));
    if (!block) {
        fprintf(stderr, "SER: no memory left for %lld bytes of scratch\n", (long long)floats * 4);
        abort();
    }
    return block;
}

void ser_scratch_free(float *block, int64_t floats) { ser_free(block, bytes_of(floats)); }
