// SPDX-License-Identifier: Apache-2.0

import SERCore
import Testing

@Suite struct ConvolutionTests {
    @Test func inputsAreThoseOfTheFixture() throws {
        let fixture = try WindowFixture.load()
        expectClose(pattern([8], 1).scalars, fixture.pattern)
    }

    @Test func convolution2DEqualsPyTorch() throws {
        for c in try WindowFixture.load().convolutions {
            func run(_ t: [Tensor]) -> Tensor {
                convolution2D(
                    t[0], weight: t[1], bias: c.bias ? t[2] : nil, stride: Extent(c.stride), padding: Padding(c.pads),
                    dilation: Extent(c.dilation), groups: c.groups, lengths: c.lengths)
            }
            check(c, run)
        }
    }

    @Test func convolution1DEqualsPyTorch() throws {
        for c in try WindowFixture.load().convolutions1D {
            func run(_ t: [Tensor]) -> Tensor {
                convolution1D(
                    t[0], weight: t[1], bias: t[2], stride: c.stride[1], padding: Padding(c.pads),
                    dilation: c.dilation[1], groups: c.groups, lengths: c.lengths)
            }
            check(c, run)
        }
    }

    private func check(_ c: WindowFixture.Convolution, _ run: ([Tensor]) -> Tensor) {
        let inputs = [pattern(c.x, 1), pattern(c.weight, 2)] + (c.bias ? [pattern([c.weight[0]], 3)] : [])
        withEachInstructionSet { set in
            let y = run(inputs)
            #expect(y.shape == c.outputShape, "\(c.name)")
            expectClose(y.scalars, c.output, "\(c.name), \(set)")
            expectGradients(gradients(inputs, run), c.gradients, "\(c.name), \(set)")
        }
    }

    @Test func namedPaddingsAreTheSidesTheyStandFor() {
        let (x, w) = (pattern([2, 3, 7, 8], 1), pattern([4, 3, 3, 4], 2))
        let same = convolution2D(x, weight: w, padding: .same)
        #expect(same.shape == [2, 4, 7, 8])
        #expect(same.scalars == convolution2D(x, weight: w, padding: Padding([1, 1, 1, 2])).scalars)
        let causal = convolution2D(x, weight: w, padding: .causal)
        #expect(causal.scalars == convolution2D(x, weight: w, padding: Padding([1, 1, 3, 0])).scalars)
    }

    /// Where a kernel is one column wide, rows of the output are as long as those of the input, though strides lie between.
    @Test func aStrideLeavesRowsOutOfThoseOfStrideOne() {
        for (height, groups) in [(1, 1), (3, 1), (2, 2)] {
            let (x, w) = (pattern([2, 4, 9, 11], 1), pattern([6, 4 / groups, height, 1], 2))
            withEachInstructionSet { set in
                let all = convolution2D(x, weight: w, padding: Padding([1, 1, 2, 0]), groups: groups)
                let strided = convolution2D(
                    x, weight: w, stride: Extent([2, 1]), padding: Padding([1, 1, 2, 0]), groups: groups)
                let (rows, width) = (all.shape[2], all.shape[3])
                #expect(strided.shape == [2, 6, (rows - 1) / 2 + 1, width])
                let kept = (0..<2 * 6 * rows).filter { $0 % rows % 2 == 0 }
                    .flatMap { all.scalars[$0 * width..<($0 + 1) * width].map { Double($0) } }
                expectClose(strided.scalars, kept, "kernel \(height) x 1, \(set)")
            }
        }
    }

    @Test func anInputShorterThanTheKernelGivesNothing() {
        let (x, w) = (pattern([2, 3, 4], 1), pattern([5, 4, 7], 2))
        let y = convolution1D(x, weight: w, stride: 2)
        #expect(y.shape == [2, 0, 5])
        let g = gradients([x, w]) { convolution1D($0[0], weight: $0[1], stride: 2) }
        #expect(g.allSatisfy { $0.scalars.allSatisfy { $0 == 0 } })
    }

    @Test func paddedRowsGiveWhatTheyGiveAlone() {
        let (x, w, b) = (pattern([2, 11, 3], 1), pattern([4, 3, 4], 2), pattern([4], 3))
        let together = convolution1D(x, weight: w, bias: b, stride: 2, padding: .same, lengths: [11, 6]).scalars
        let short = Tensor(Array(x.scalars[33..<(33 + 18)]), shape: [1, 6, 3])
        let alone = convolution1D(short, weight: w, bias: b, stride: 2, padding: .same)
        #expect(alone.shape == [1, 3, 4])
        expectClose(Array(together[24..<36]), alone.scalars.map(Double.init), relativeToMaximum: 1e-6)
    }

    @Test func resultsDoNotDependOnTheNumberOfThreads() {
        let (x, w, b) = (pattern([5, 3, 12, 37], 1), pattern([33, 3, 3, 3], 2), pattern([33], 3))
        func run() -> [[Float]] {
            func network(_ t: [Tensor]) -> Tensor { convolution2D(t[0], weight: t[1], bias: t[2], padding: .same) }
            return [network([x, w, b]).scalars] + gradients([x, w, b], network).map(\.scalars)
        }
        let threads = Parallelism.threads
        defer { Parallelism.threads = threads }
        Parallelism.threads = 1
        let one = run()
        for count in [2, 4] {
            Parallelism.threads = count
            #expect(run() == one, "\(count) threads")
        }
    }
}
