// SPDX-License-Identifier: Apache-2.0
// FFTW in single precision.
#pragma once
#include <fftw3.h>
