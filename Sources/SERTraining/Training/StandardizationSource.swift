// SPDX-License-Identifier: Apache-2.0

import SERModels

/// Where a training takes the standardisation of the features from.
public enum StandardizationSource: Sendable, Hashable {
    /// Where weights of the network are frozen, the one they were trained with, which the model of a `Recognizer`
    /// carries along, also through `replacing`, `replacingHead` and `transfer`; in all other cases ``measured``. Frozen
    /// layers read numbers on the scale they know.
    case automatic
    /// Measured on the training part.
    case measured
    /// A given one, of as many coefficients as the network reads.
    case given(Standardization)

    /// The standardisation to keep; nil where it is to be measured.
    func kept(by network: Model, columns: Int) throws(TrainingError) -> Standardization? {
        let kept: Standardization?
        switch self {
        case .automatic: kept = network.frozenPaths.isEmpty ? nil : network.standardization
        case .measured: kept = nil
        case .given(let standardization): kept = standardization
        }
        guard let kept, kept.mean.count != columns else { return kept }
        throw .setting(
            "the standardisation is of \(kept.mean.count) coefficients, and the network reads \(columns): "
                + "train with the features it was measured on, or with standardization: .measured")
    }
}
