// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Testing

/// A product of 64 terms an element, in which fused multiply-adds leave other last bits than products and sums.
private func product() -> [Float] {
    let a = (0..<64).map { Float($0).squareRoot() }, b = (0..<64 * 16).map { 1 / Float($0 + 3) }
    var packed = [Float](repeating: 0, count: Int(ser_packed_size(64, 16))), c = [Float](repeating: 0, count: 16)
    ser_pack(&packed, b, 16, 64, 16, 0)
    ser_gemm_packed(1, 16, 64, a, 64, packed, &c, 16, nil, 0)
    return c
}

/// The last state of a recurrent layer with ReLU, which is made of products alone.
private func lastState() -> [Float] {
    let x = FixedFloats((0..<64).map { Float($0).squareRoot() }), last = FixedFloats([0])
    let inputWeight = FixedFloats((0..<64).map { 1 / Float($0 + 3) }), stateWeight = FixedFloats([0.3])
    var shape = ser_recurrent_shape(
        kind: Int32(SER_RECURRENT_RELU), reverse: 0, batch: 1, steps: 1, inputs: 64, hidden: 1, lengths: nil)
    var weights = ser_recurrent_weights(
        weight_ih: inputWeight.pointer, weight_hh: stateWeight.pointer, bias_ih: nil, bias_hh: nil)
    var arguments = ser_recurrent_forward_arguments(
        packed: nil, x: x.pointer, h0: nil, c0: nil, y: nil, y_stride: 0, h_last: last.pointer, h_last_stride: 1,
        c_last: nil, saved: nil)
    withExtendedLifetime((x, inputWeight, stateWeight)) {
        #expect(ser_recurrent_forward(&shape, &weights, &arguments) == 1)
    }
    return last.values
}

/// How many floats a 1 x 1 convolution's weight and bias take: both padded to two vectors.
private func packedConvolution() -> Int64 {
    let shape = ser_convolution_shape(
        batch: 1, in_channels: 1, height: 4, width: 4, out_channels: 1, groups: 1, kernel_height: 1, kernel_width: 1,
        stride_height: 1, stride_width: 1, dilation_height: 1, dilation_width: 1, pad_top: 0, pad_bottom: 0,
        pad_left: 0, pad_right: 0, channels_last: 0)
    var block = ser_convolution_block(
        convolution: shape, pool_height: 1, pool_width: 1, relu: 0, pooled_channels_last: 0, constant_input: 0,
        in_widths: nil, out_widths: nil, pooled_widths: nil)
    return ser_convolution_block_packed_size(&block)
}

@Suite struct InstructionSetTests {
    @Test func everyFamilyFollowsOneHook() {
        let best = (product(), lastState(), packedConvolution())
        var names: [String] = []
        withEachInstructionSet { name in
            let lanes: Int64? = ["portable": 4, "avx2": 8, "avx512": 16][name]
            #expect(packedConvolution() == lanes.map { 2 * 2 * $0 }, "\(name)")
            // Only the portable set has no fused multiply-add on x86-64.
            #if arch(x86_64)
                #expect((product() == best.0) == (name != "portable" || ser_instruction_sets() == 1), "\(name)")
                #expect((lastState() == best.1) == (name != "portable" || ser_instruction_sets() == 1), "\(name)")
            #endif
            names.append(name)
        }
        #expect(names.first == "portable" && Set(names).count == names.count)
        #expect(product() == best.0 && lastState() == best.1 && packedConvolution() == best.2)
    }

    @Test func unknownSetsHaveNoNameAndMeanTheBest() {
        let sets = ser_instruction_sets(), best = packedConvolution()
        for set in [-1, sets, .max] {
            #expect(String(cString: ser_instruction_set_name(set)) == "none")
            ser_use_instruction_set(0)
            ser_use_instruction_set(set)
            #expect(packedConvolution() == best)
        }
    }
}
