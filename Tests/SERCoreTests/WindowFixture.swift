// SPDX-License-Identifier: Apache-2.0

import SERCore
import Testing

/// Tests/Fixtures/convolution.json, made by convolution.py.
struct WindowFixture: Decodable {
    struct Convolution: Decodable {
        var name: String
        var x: [Int]
        var weight: [Int]
        var bias: Bool
        var stride: [Int]
        var pads: [Int]
        var dilation: [Int]
        var groups: Int
        var lengths: [Int]?
        var output: [Double]
        var outputShape: [Int]
        var gradients: [[Double]]
    }
    struct Block: Decodable {
        var name: String
        var x: [Int]
        var weight: [Int]
        var bias: Bool
        var stride: [Int]
        var pads: [Int]
        var pool: [Int]
        var relu: Bool
        var frozen: Bool
        var lengths: [Int]?
        var mean: [Double]
        var variance: [Double]
        var output: [Double]
        var outputShape: [Int]
        var gradients: [[Double]]
    }
    struct Normalization: Decodable {
        var name: String
        var x: [Int]
        var lengths: [Int]?
        var mean: [Double]?
        var variance: [Double]?
        var output: [Double]
        var gradients: [[Double]]
    }
    struct Pooling: Decodable {
        var name: String
        var kind: String
        var x: [Int]
        var window: [Int]
        var stride: [Int]
        var pad: [Int]
        var output: [Double]
        var outputShape: [Int]
        var gradients: [[Double]]
    }

    var pattern: [Double]
    var convolutions: [Convolution]
    var convolutions1D: [Convolution]
    var blocks: [Block]
    var batchNormalizations: [Normalization]
    var layerNormalizations: [Normalization]
    var poolings: [Pooling]

    static func load() throws -> WindowFixture { try Fixture.json("convolution") }
}

/// The inputs that convolution.py makes.
func pattern(_ shape: [Int], _ seed: UInt32) -> Tensor {
    Tensor(
        (0..<shape.reduce(1, *)).map { i in
            var x = UInt32(truncatingIfNeeded: i) &* 2_654_435_761 &+ seed &* 0x9E37_79B9
            x ^= x >> 15
            x = x &* 2_246_822_519
            x ^= x >> 13
            return Float(x >> 8) / Float(1 << 23) - 1
        }, shape: shape)
}

/// The gradients of sum(output * pattern).
func gradients(_ inputs: [Tensor], _ function: ([Tensor]) -> Tensor) -> [Tensor] {
    pullBack(
        at: Parameters(inputs.enumerated().map { ("\($0.offset)", $0.element) }),
        upstream: { pattern($0.shape, 4) }, { function($0.tensors) }
    ).gradient.tensors
}

/// Expects ||a - b|| <= 1e-4 ||b|| + 1e-6 (largest norm) of each tensor.
func expectGradients(_ a: [Tensor], _ b: [[Double]], _ what: String, sourceLocation: SourceLocation = #_sourceLocation)
{
    #expect(a.map(\.count) == b.map(\.count), "\(what): counts", sourceLocation: sourceLocation)
    guard a.map(\.count) == b.map(\.count) else { return }
    func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let most = b.map(norm).max() ?? 0
    for (index, pair) in zip(a, b).enumerated() {
        let error = norm(zip(pair.0.scalars, pair.1).map { Double($0) - $1 })
        #expect(
            error <= 1e-4 * norm(pair.1) + 1e-6 * most, "\(what): gradient \(index) is off by \(error)",
            sourceLocation: sourceLocation)
    }
}

extension Padding {
    init(_ pads: [Int]) { self = .explicit(top: pads[0], bottom: pads[1], left: pads[2], right: pads[3]) }
}

extension Extent {
    init(_ pair: [Int]) { self.init(height: pair[0], width: pair[1]) }
}
