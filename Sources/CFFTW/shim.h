// FFTW in single precision.
#pragma once
#include <fftw3.h>
