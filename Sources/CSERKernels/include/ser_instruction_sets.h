// SPDX-License-Identifier: Apache-2.0
// The instruction sets that matrix products, convolutions and recurrent layers have bodies of their own for. The best
// that the processor has is used; results differ between sets in the last bits.
#pragma once
#include <stdint.h>

/// How many of them this processor has, at least one; a higher number is a better set.
int32_t ser_instruction_sets(void);
/// The name of set 0 ..< ser_instruction_sets(), or "none".
const char *_Nonnull ser_instruction_set_name(int32_t set);
/// What this thread calls from now on uses set 0 ..< ser_instruction_sets(), on whatever threads it runs; any other
/// number: the best. For tests. Element-wise kernels go by the processor alone.
void ser_use_instruction_set(int32_t set);
