// SPDX-License-Identifier: Apache-2.0
// A pipe that children do not inherit.
#pragma once
#include <stdint.h>

/// Opens a pipe of which both ends are closed where another program starts: ends[0] reads, ends[1] writes. 0, or -1
/// with the reason in errno.
int32_t ser_pipe(int32_t *ends);
