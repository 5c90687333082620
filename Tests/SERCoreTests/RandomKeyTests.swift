// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport
import Testing

/// Known answers of threefry2x32, 20 rounds, from the Random123 distribution (kat_vectors).
@Test func threefryKnownAnswers() {
    #expect(ser_threefry(0, 0) == 0x99ba_4efe_6b20_0159)
    #expect(ser_threefry(.max, .max) == 0xbb00_2be7_1cb9_96fc)
    #expect(ser_threefry(0x0370_7344_1319_8a2e, 0x85a3_08d3_243f_6a88) == 0x483d_f7a0_c492_3a9c)
}
