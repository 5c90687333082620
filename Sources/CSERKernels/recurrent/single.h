// SPDX-License-Identifier: Apache-2.0
// The forward pass of one row.
#pragma once
#include "steps.h"

#pragma GCC visibility push(hidden)
/// A batch of one row in inference: several threads share the hidden units of each step. 0 when there is no memory.
int ser_forward_single(ser_forward_call *f);
#pragma GCC visibility pop
