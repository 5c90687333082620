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
    /// - Parameter scope: What the trainer asks for; of `corpus`, a kept one may be of another.
    fileprivate func kept(
        by network: Model, columns: Int, scope: Standardization.Scope
    ) throws(TrainingError) -> Standardization? {
        let kept: Standardization?
        switch self {
        case .automatic: kept = network.frozenPaths.isEmpty ? nil : network.standardization
        case .measured: kept = nil
        case .given(let standardization): kept = standardization
        }
        if let kept, scope != .corpus, kept.scope != scope, !network.normalizesSpeakers {
            throw .setting(
                "the standardisation that is kept is by \(kept.scope.rawValue), and the trainer asks for one by "
                    + "\(scope.rawValue): train with standardization: .measured, or without a scope")
        }
        guard let kept, kept.mean.count != columns else { return kept }
        throw .setting(
            "the standardisation is of \(kept.mean.count) coefficients, and the network reads \(columns): "
                + "train with the features it was measured on, or with standardization: .measured")
    }
}

extension Trainer {
    /// The standardisation that a training keeps, nil where it is measured, and the scope that it has in either case;
    /// found to work with the clips of a split.
    func standardization(
        for network: Model, _ pipeline: FeaturePipeline, on split: DataSplit
    ) throws(TrainingError) -> (kept: Standardization?, scope: Standardization.Scope) {
        let kept = try standardization.kept(by: network, columns: pipeline.columns, scope: standardizationScope)
        let wanted = try scope(for: network)
        let scope = kept?.scope ?? wanted
        if scope == .clip, pipeline.givesOneRow {
            throw .setting(
                "a clip is one row of features, which has no deviation of its own: standardise by corpus or by speaker")
        }
        for part in split.partitions { try part.checkSpeakers(for: network, scope) }
        return (kept, scope)
    }

    /// Over which sound features are brought to one scale: as the trainer has it, but of a network that normalises by
    /// speaker itself, over the training part.
    private func scope(for network: Model) throws(TrainingError) -> Standardization.Scope {
        guard network.normalizesSpeakers else { return standardizationScope }
        guard standardizationScope == .speaker else {
            throw .setting(
                "the network normalises by speaker, and the trainer asks for one scale by "
                    + "\(standardizationScope.rawValue): train with standardizationScope: .speaker, or without SpeakerNorm"
            )
        }
        return .corpus
    }

    /// Who speaks in the clips that train and validate; nil where the network does not normalise by speaker.
    func speakers(
        of network: Model, _ train: [Clip], _ validation: [Clip]
    ) throws(TrainingError) -> (train: ClipSpeakers?, validation: ClipSpeakers?) {
        guard network.normalizesSpeakers else { return (nil, nil) }
        let speakers = try ClipSpeakers(of: train)
        guard speakers.clips.contains(where: { $0.count > 1 }) else {
            throw .setting(
                "each speaker of the training part has one clip, and the network normalises by speaker. Bring several "
                    + "clips of each speaker, or standardise by corpus.")
        }
        return (speakers, try ClipSpeakers(of: validation))
    }
}
