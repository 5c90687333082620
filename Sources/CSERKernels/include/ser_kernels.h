// Everything the Swift modules use from C. One header a subject.
#pragma once
#include "ser_memory.h"
#include "ser_parallel.h"
#include "ser_random.h"
#include "ser_elementwise.h"
#include "ser_interrupt.h"
#include "ser_optimizers.h"
#include "ser_audio.h"
#include "ser_convolution.h"
#include "ser_pooling.h"
#include "ser_normalization.h"
#include "ser_copies.h"
#include "ser_reductions.h"
