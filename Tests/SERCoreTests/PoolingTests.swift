// SPDX-License-Identifier: Apache-2.0

import SERCore
import Testing

@Suite struct PoolingTests {
    @Test func poolingEqualsPyTorch() throws {
        for c in try WindowFixture.load().poolings {
            var x = pattern(c.x, 1).scalars
            for i in x.indices where i % c.x[3] >= c.x[3] - 3 { x[i] = 0.25 }
            let padding = Padding([c.pad[0], c.pad[0], c.pad[1], c.pad[1]])
            func run(_ t: [Tensor]) -> Tensor {
                c.kind == "max"
                    ? maxPooling2D(t[0], window: Extent(c.window), stride: Extent(c.stride), padding: padding)
                    : averagePooling2D(t[0], window: Extent(c.window), stride: Extent(c.stride), padding: padding)
            }
            let inputs = [Tensor(x, shape: c.x)]
            let y = run(inputs)
            #expect(y.shape == c.outputShape)
            expectClose(y.scalars, c.output, "\(c.kind), \(c.name)")
            expectGradients(gradients(inputs, run), c.gradients, "\(c.kind), \(c.name)")
        }
    }

    @Test func sequencesPoolAsImagesOfHeightOne() {
        let x = pattern([2, 11, 5], 1)
        let image = transposed(x)
        for padding in [Padding.valid, .same] {
            let line = maxPooling1D(x, window: 3, stride: 2, padding: padding)
            let flat = maxPooling2D(
                image, window: Extent(height: 1, width: 3), stride: Extent(height: 1, width: 2), padding: padding)
            #expect(transposed(line).scalars == flat.scalars)
            let mean = averagePooling1D(x, window: 3, stride: 2, padding: padding)
            let flatMean = averagePooling2D(
                image, window: Extent(height: 1, width: 3), stride: Extent(height: 1, width: 2), padding: padding)
            expectClose(transposed(mean).scalars, flatMean.scalars.map(Double.init), relativeToMaximum: 1e-6)
        }
    }

    /// [batch, time, features] to [batch, features, 1, time].
    private func transposed(_ x: Tensor) -> Tensor {
        let (batch, time, features, values) = (x.shape[0], x.shape[1], x.shape[2], x.scalars)
        var out: [Float] = []
        for b in 0..<batch {
            for f in 0..<features { for t in 0..<time { out.append(values[(b * time + t) * features + f]) } }
        }
        return Tensor(out, shape: [batch, features, 1, time])
    }

    @Test func paddedRowsGiveWhatTheyGiveAlone() {
        let x = pattern([3, 9, 4], 1)
        let lengths = [9, 5, 0]
        let operations: [(Tensor, [Int]?) -> Tensor] = [
            { maxPooling1D($0, window: 3, stride: 2, padding: .all(1), lengths: $1) },
            { averagePooling1D($0, window: 3, stride: 2, padding: .all(1), lengths: $1) },
            { globalMaxPooling($0, lengths: $1) },
            { globalAveragePooling($0, lengths: $1) },
        ]
        for (index, operation) in operations.enumerated() {
            let together = operation(x, lengths)
            let (rows, alone) = (
                together.count / 3, operation(Tensor(Array(x.scalars[36..<56]), shape: [1, 5, 4]), nil)
            )
            let second = Array(together.scalars[rows..<(rows + alone.count)])
            expectClose(second, alone.scalars.map(Double.init), relativeToMaximum: 1e-6, "operation \(index)")
            #expect(together.scalars[(rows + alone.count)...].allSatisfy { $0 == 0 }, "operation \(index)")
            let g = gradients([x]) { operation($0[0], lengths) }[0].scalars
            #expect(g[56...].allSatisfy { $0 == 0 }, "operation \(index)")
            #expect(g[..<56].contains { $0 != 0 }, "operation \(index)")
        }
    }

    @Test func aNaNIsNotHidden() {
        let x = Tensor([1, .nan, 3, 4], shape: [1, 1, 1, 4])
        let y = maxPooling2D(x, window: Extent(height: 1, width: 2)).scalars
        #expect(y[0].isNaN && y[1] == 4)
    }

    /// As in PyTorch's max_pool2d, whose comparison is `(val > maxval) || isnan(val)`: a NaN at any place of a window
    /// comes out, and the gradient goes to its place.
    @Test func aNaNAnywhereInAWindowComesOut() {
        for place in 0..<6 {
            for channels in [1, 16, 33] {
                var values = pattern([1, 2, 3, channels], 1).scalars
                for channel in 0..<channels { values[place * channels + channel] = .nan }
                let images = Tensor(values, shape: [1, 2 * 3, channels])
                let y = globalMaxPooling(images)
                #expect(y.scalars.allSatisfy { $0.isNaN }, "place \(place), \(channels) channels")
                let dx = gradients([images]) { globalMaxPooling($0[0]) }[0].scalars
                for (index, d) in dx.enumerated() {
                    #expect((d != 0) == (index / channels == place), "place \(place), \(channels) channels")
                }
            }
        }
    }
}
