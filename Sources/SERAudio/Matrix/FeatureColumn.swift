// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// What one column of a ``FeatureMatrix`` is.
public indirect enum FeatureColumn: Sendable, Hashable {
    /// A mel-frequency cepstral coefficient, by its number from 0.
    case cepstrum(Int)
    /// A band of a spectrogram, by its centre in Hz.
    case band(center: Double)
    /// The derivative of an order, from 1, over time of another column.
    case delta(order: Int, of: FeatureColumn)
    /// How loud a frame is: its root mean square.
    case energy
    /// The share of a frame's samples at which the sign changes.
    case zeroCrossings
    /// Anything else, by the name that people read.
    case named(String)

    /// The column that a derivative, of whatever order, is taken of; of other columns themselves.
    public var base: FeatureColumn {
        var column = self
        while case .delta(_, let other) = column { column = other }
        return column
    }
}

extension FeatureColumn: CustomStringConvertible {
    /// What people read, such as `MFCC 3`, `delta of MFCC 3` or `band at 517 Hz`.
    public var description: String {
        switch self {
        case .cepstrum(let index): "MFCC \(index)"
        case .band(let center): "band at \(center.fixed(0)) Hz"
        case .delta(1, let column): "delta of \(column)"
        case .delta(2, let column): "delta-delta of \(column)"
        case .delta(let order, let column): "delta \(order) of \(column)"
        case .energy: "energy"
        case .zeroCrossings: "zero crossings"
        case .named(let name): name
        }
    }
}

/// As an object whose `kind` says which it is, such as `{"kind": "cepstrum", "index": 3}`.
extension FeatureColumn: Codable {
    private enum Kind: String, Codable { case cepstrum, band, delta, energy, zeroCrossings, named }

    private enum CodingKeys: String, CodingKey { case kind, index, hertz, order, of, name }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self =
            switch try container.decode(Kind.self, forKey: .kind) {
            case .cepstrum: .cepstrum(try container.decode(Int.self, forKey: .index))
            case .band: .band(center: try container.decode(Double.self, forKey: .hertz))
            case .delta:
                .delta(
                    order: try container.decode(Int.self, forKey: .order),
                    of: try container.decode(FeatureColumn.self, forKey: .of))
            case .energy: .energy
            case .zeroCrossings: .zeroCrossings
            case .named: .named(try container.decode(String.self, forKey: .name))
            }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        switch self {
        case .cepstrum(let index): try container.encode(index, forKey: .index)
        case .band(let center): try container.encode(center, forKey: .hertz)
        case .delta(let order, let column):
            try container.encode(order, forKey: .order)
            try container.encode(column, forKey: .of)
        case .energy, .zeroCrossings: break
        case .named(let name): try container.encode(name, forKey: .name)
        }
    }

    private var kind: Kind {
        switch self {
        case .cepstrum: .cepstrum
        case .band: .band
        case .delta: .delta
        case .energy: .energy
        case .zeroCrossings: .zeroCrossings
        case .named: .named
        }
    }
}
