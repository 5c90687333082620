// SPDX-License-Identifier: Apache-2.0
// Plain vectors of four floats: any processor, and what arm64 (NEON) uses.
#pragma once
#define SER_SET portable
#define SER_LANES 4
#include "simd.h"
