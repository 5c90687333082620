// SPDX-License-Identifier: Apache-2.0

import COpenBLAS

/// Which processor OpenBLAS takes the machine for, such as `SkylakeX`: its speed depends on it.
package var openBLASCoreName: String { openblas_get_corename().map { String(cString: $0) } ?? "unknown" }
