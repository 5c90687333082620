// SPDX-License-Identifier: Apache-2.0

import SERCore

/// The networks of the report, each with sizes that can be changed. All end in logits. Their paths are the names of the
/// same networks in PyTorch (Docs/Interchange.md), so that weights move in both directions by name.
extension Block {
    /// Dense layers with ReLU on one vector a clip. The paths are those of a PyTorch `nn.Sequential` named `net`:
    /// `net.0`, `net.2` and so on.
    public static func ann(classes: Int, layers: Int = 4, units: Int = 256) -> Block {
        let hidden: [any Layer] = (0..<layers).flatMap { _ -> [any Layer] in [Dense(units), ReLU()] }
        return sequential("net", hidden + [Dense(classes)])
    }

    /// Blocks of convolution, batch normalisation, ReLU, pooling and dropout on the image of a clip's coefficients. The
    /// paths are those of a PyTorch `nn.Sequential` named `net`: `net.0`, `net.1` and so on.
    public static func cnn(
        classes: Int, filters: [Int] = [32, 64, 128], units: Int = 128, dropout: Float = 0.2
    ) -> Block {
        let blocks: [any Layer] = filters.flatMap { count -> [any Layer] in
            [
                Conv2D(count, kernel: 3, padding: .same), BatchNorm(), ReLU(), MaxPool2D(2), Dropout(dropout),
            ]
        }
        let head: [any Layer] = [Flatten(), Dense(units), ReLU(), Dropout(dropout), Dense(classes)]
        return sequential("net", blocks + head)
    }

    /// Layers named by their places, as PyTorch's `nn.Sequential` names them, so that weights move without renaming.
    private static func sequential(_ name: String, _ layers: [any Layer]) -> Block {
        Block(name) {
            for (place, layer) in layers.enumerated() { layer.named("\(place)") }
        }
    }

    /// A plain recurrent layer and a dense one on its last valid step.
    public static func rnn(classes: Int, units: Int = 128, layers: Int = 1) -> Block {
        Block {
            RNN(units, layers: layers).named("rnn")
            Dense(classes).named("fc")
        }
    }

    /// A long short-term memory and a dense layer on its last valid step.
    public static func lstm(classes: Int, units: Int = 128, layers: Int = 1) -> Block {
        Block {
            LSTM(units, layers: layers).named("rnn")
            Dense(classes).named("fc")
        }
    }

    /// Stacked gated recurrent units, ReLU, a dense layer with ReLU and a dense one.
    public static func gru(classes: Int, units: Int = 128, layers: Int = 2, denseUnits: Int = 256) -> Block {
        Block {
            GRU(units, layers: layers).named("rnn")
            ReLU()
            Dense(denseUnits).named("fc1"); ReLU()
            Dense(classes).named("fc2")
        }
    }
}

extension Block {
    /// One dense layer on one vector a clip: what a linear support vector machine and logistic regression are.
    public static func linear(classes: Int) -> Block {
        Block { Dense(classes).named("fc") }
    }
}

/// The networks that come with the library by name: the report's five at the report's sizes, ours, and the linear ones
/// that a network has to beat.
public enum Architecture: String, Sendable, CaseIterable, Codable {
    /// ``Block/cnn(classes:filters:units:dropout:)``.
    case cnn
    /// ``Block/lstm(classes:units:layers:)``.
    case lstm
    /// ``Block/ann(classes:layers:units:)``.
    case ann
    /// ``Block/gru(classes:units:layers:denseUnits:)``.
    case gru
    /// ``Block/rnn(classes:units:layers:)``.
    case rnn
    /// ``Block/serNet(classes:filters:units:recurrentUnits:bands:dropout:normalizesClips:normalizesSpeakers:)``.
    case serNet = "sernet"
    /// ``Block/linear(classes:)``, solved for as a linear support vector machine.
    case linearSVM = "linear-svm"
    /// ``Block/linear(classes:)``, solved for as multinomial logistic regression.
    case logisticRegression = "logistic-regression"

    /// The report's five.
    public static let report: [Architecture] = [.cnn, .lstm, .ann, .gru, .rnn]

    /// The name as tables print it.
    public var title: String {
        switch self {
        case .serNet: "SERNet"
        case .linearSVM: "Linear SVM"
        case .logisticRegression: "Logistic regression"
        case .cnn, .lstm, .ann, .gru, .rnn: rawValue.uppercased()
        }
    }

    /// Whether it is one dense layer on a vector, whose weights are solved for and not found step by step.
    public var isLinear: Bool { self == .linearSVM || self == .logisticRegression }

    /// Clips in a training step; of a linear one, which knows no steps, 1.
    public var batchSize: Int {
        switch self {
        case .ann: 4
        case .serNet: 64
        case .cnn, .lstm, .gru, .rnn: 32
        case .linearSVM, .logisticRegression: 1
        }
    }

    /// What one clip is: a vector of a summary, an image of `frames` or a sequence of `coefficients`.
    public func input(coefficients: Int = 40, frames: Int = 130, summary: ClipSummary = .means) -> Shape {
        switch self {
        case .ann, .linearSVM, .logisticRegression: return Shape([summary.statistics.count * coefficients])
        case .cnn: return Shape([1, coefficients, frames])
        case .rnn, .lstm, .gru, .serNet: return [.time, .fixed(coefficients)]
        }
    }

    /// The share of values that is dropped in training before the last dense layers; nil where the network drops none.
    public var dropout: Float? {
        switch self {
        case .cnn: 0.2
        case .serNet: 0.3
        case .ann, .rnn, .lstm, .gru, .linearSVM, .logisticRegression: nil
        }
    }

    /// The layers, for features of so many coefficients. `normalizesSpeakers` says whether SERNet normalises its embedding by
    /// speaker; `dropout` is the share that networks with a ``dropout`` drop, nil for theirs.
    public func network(
        classes: Int, coefficients: Int = 40, normalizesSpeakers: Bool = false, dropout: Float? = nil
    ) -> Block {
        let dropout = dropout ?? self.dropout ?? 0
        switch self {
        case .ann: return .ann(classes: classes)
        case .cnn: return .cnn(classes: classes, dropout: dropout)
        case .rnn: return .rnn(classes: classes)
        case .lstm: return .lstm(classes: classes)
        case .gru: return .gru(classes: classes)
        case .serNet:
            return .serNet(
                classes: classes, bands: coefficients, dropout: dropout, normalizesSpeakers: normalizesSpeakers)
        case .linearSVM, .logisticRegression: return .linear(classes: classes)
        }
    }

    /// The network with fresh weights.
    /// - Throws: `ShapeError` when the input is too small for the network.
    public func model(
        classes: Int, coefficients: Int = 40, frames: Int = 130, summary: ClipSummary = .means,
        normalizesSpeakers: Bool = false, dropout: Float? = nil, seed: UInt64 = 0
    ) throws(ShapeError) -> Model {
        try Model(input: input(coefficients: coefficients, frames: frames, summary: summary), seed: seed) {
            network(
                classes: classes, coefficients: coefficients, normalizesSpeakers: normalizesSpeakers, dropout: dropout)
        }
    }
}
