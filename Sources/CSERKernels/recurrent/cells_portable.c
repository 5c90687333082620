// SPDX-License-Identifier: Apache-2.0
// The steps of recurrent layers for any processor.
#include "../simd/portable.h"
#include "cells_body.h"
