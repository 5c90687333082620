// SPDX-License-Identifier: Apache-2.0

import SERCore

/// Adds what goes in to what comes out of its layers (He et al., 2016), which must be of the same shape.
///
/// ```swift
/// Residual { LSTM(46, output: .allSteps) }
/// ```
/// Paths begin with `residual1`, or the given name; the sum is `residual1.add1`.
public struct Residual: Composite {
    private let body: Block

    /// Adds what goes into the layers of a builder to what comes out.
    public init(@NetworkBuilder _ network: () -> Block) { body = network() }

    public var block: Block { Block(.residual(body.elements)) }
}

/// How branches become one.
public enum Merge: Sendable, Hashable, CaseIterable {
    /// Side by side along the last axis: a `Concatenate` layer.
    case concatenate
    /// Added: an `Add` layer.
    case sum
    /// Their mean: a `Mean` layer.
    case mean
    /// Multiplied: a `Multiply` layer.
    case multiply

    fileprivate var layer: any Layer {
        switch self {
        case .concatenate: Concatenate()
        case .sum: Add()
        case .mean: Mean()
        case .multiply: Multiply()
        }
    }
}

/// Gives the same input to several branches and merges what comes out: each expression of the builder, a layer or a
/// ``Block``, is a branch. An empty block hands on the input.
///
/// ```swift
/// Parallel(merge: .concatenate) {
///     for kernel in [3, 5, 7] {
///         Block { Conv1D(32, kernel: kernel, padding: .same); ReLU() }
///     }
/// }
/// ```
/// Paths begin with `parallel1`, or the given name: a branch of one layer is `parallel1.conv1d1`, the layers of a block are
/// `parallel1.branch2.conv1d1`, and the merging layer is `parallel1.concatenate1`.
public struct Parallel: Composite {
    private let merge: any Layer
    private let branches: Block

    /// Branches whose results are merged in one of the usual ways.
    public init(merge: Merge, @NetworkBuilder _ branches: () -> Block) {
        self.merge = merge.layer
        self.branches = branches()
    }

    /// Branches whose results are merged by a layer of your own that takes several inputs.
    public init(merge: some Layer, @NetworkBuilder _ branches: () -> Block) {
        self.merge = merge
        self.branches = branches()
    }

    public var block: Block { Block(.parallel(merge: merge, branches: branches.elements)) }
}

/// The same layers several times in a row, each time with weights of their own.
///
/// Paths begin with `repeat1.1`, `repeat1.2` and so on, or the given name in place of `repeat1`.
public struct Repeat: Composite {
    private let count: Int
    private let body: Block

    /// The layers of a builder `count` times.
    public init(_ count: Int, @NetworkBuilder _ network: () -> Block) {
        self.count = count
        body = network()
    }

    public var block: Block { Block(.repeated(count, body.elements)) }
}

/// A layer or block that stands further up, once more with the same weights.
///
/// ```swift
/// GRU(64).named("encoder").reading("left")
/// Shared("encoder").named("right code").reading("right")
/// Concatenate().reading("encoder", "right code")
/// ```
/// Gradients of all uses add up, and running state is updated by each use in turn.
public struct Shared: Composite {
    private let name: String

    /// The layer or block of the given name, once more.
    public init(_ name: String) { self.name = name }

    public var block: Block { Block(.shared(name)) }
}
