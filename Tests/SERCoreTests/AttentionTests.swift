import SERCore
import Testing

/// What layers that weigh steps do beside agreeing with PyTorch (LayerParityTests) and being blind to padding
/// (PaddingPropertyTests).
struct AttentionTests {
    @Test func softAttentionHasTheParametersOfItsForm() throws {
        #expect(AttentionPooling().parameters(for: [.time, 64] as Shape).map(\.shape) == [[64]])
        #expect(AttentionPooling(units: 16).parameters(for: [.time, 64] as Shape).map(\.shape) == [[16, 64], [16], [16]])
        #expect(try AttentionPooling().outputShape(for: [.time, 64] as Shape) == [64])
        for input in [[64], [1, 40, .time], [40, .time]] as [Shape] {
            #expect(throws: ShapeError.self) { try AttentionPooling().outputShape(for: input) }
        }
        #expect(throws: ShapeError.self) { try AttentionPooling(units: 0).outputShape(for: [.time, 64]) }
    }

    /// The softmax of each row over its first positions is the softmax of those alone, even beside NaN.
    @Test func softmaxOverLengthsIsThatOfTheValidPart() {
        let x = Tensor.normal([3, 2, 6], key: RandomKey(seed: 1)).scalars
        let lengths = [6, 0, 2]
        var spoilt = x
        for place in x.indices where place % 6 >= lengths[place / 12] { spoilt[place] = .nan }
        let y = softmax(Tensor(spoilt, shape: [3, 2, 6]), lengths: lengths).scalars
        for row in 0..<6 {
            let count = lengths[row / 2]
            let alone = softmax(Tensor(Array(x[(row * 6)..<(row * 6 + count)]))).scalars
            #expect(Array(y[(row * 6)..<(row * 6 + 6)]) == alone + [Float](repeating: 0, count: 6 - count))
        }
        let whole = Tensor(x, shape: [3, 2, 6])
        #expect(softmax(whole, lengths: nil).scalars == softmax(whole).scalars)
    }

    @Test func softmaxOverLengthsPassesTheCheck() throws {
        let x = Tensor.normal([3, 2, 6], key: RandomKey(seed: 2))
        try checkGradients(at: [x]) { softmax($0[0], lengths: [6, 1, 4]) }
        try checkGradients(at: [x]) { softmax($0[0], lengths: [6, 1, 4]) * $0[0] }
    }

    /// Padding that holds NaN reaches neither values nor gradients.
    @Test(arguments: [AttentionPooling(), AttentionPooling(units: 4)])
    func notANumberInThePaddingStaysThere(layer: AttentionPooling) throws {
        let runner = try LayerRunner(layer, input: [.time, 3], seed: 1)
        var values = Tensor.normal([2, 4, 3], key: RandomKey(seed: 2)).scalars
        for place in 18..<24 { values[place] = .nan }
        let leaves = Parameters(
            [("input", Tensor(values, shape: [2, 4, 3]))] + zip(runner.parameters.paths, runner.parameters.tensors))
        let (value, gradient) = valueAndGradient(at: leaves) { leaves in
            let input = Signal(leaves["input"], lengths: [4, 2], timeAxis: 1)
            return square(runner.run(input, leaves: leaves).output.values).sum()
        }
        #expect(value.item.isFinite)
        #expect(gradient.tensors.allSatisfy { $0.scalars.allSatisfy(\.isFinite) })
    }
}
