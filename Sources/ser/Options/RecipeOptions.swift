// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SERAudio
import SERCore
import SERModels
import SERTraining

/// What changes training clips.
enum AugmentationChoice: String, ExpressibleByArgument, CaseIterable {
    case none, voices, anywhere

    /// The changes, for bands that end where those of the features do.
    func augmentation(of features: any FeatureExtractor) -> [any Augmentation] {
        switch self {
        case .none: []
        case .voices: .voices
        case .anywhere:
            .anywhere(upTo: (features as? LogMel).map { $0.filters.highest ?? $0.sampleRate / 2 } ?? 8000)
        }
    }
}

/// Which training clips an epoch sees.
enum BalanceChoice: String, ExpressibleByArgument, CaseIterable {
    case none, classes, corpora

    var sampling: ClipSampling {
        switch self {
        case .none: .everyClip
        case .classes: .balancedClasses
        case .corpora: .balancedCorpora
        }
    }
}

/// How the networks are trained, whatever they are tested on.
struct RecipeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How often every training clip is seen. (default: 100; SERNet 40; with --from 10)", valueName: "count"))
    var epochs: Int?

    @Option(
        help: "What the network reads: \(FeatureChoice.help) (default: mfcc; SERNet logmel; the linear ones egemaps)")
    var features: FeatureChoice?

    @Option(
        help: ArgumentHelp(
            "Rate to which all sound is resampled, in Hz. (default: 22050; of log-mel bands 16000)", valueName: "hertz")
    )
    var rate: Double?

    @Option(
        help: ArgumentHelp(
            "How much of each clip is used, in seconds. (default: 3; SERNet 6; the linear ones 30)",
            valueName: "seconds"))
    var duration: Double?

    @Option(help: ArgumentHelp("Number of MFCCs or of bands. (default: 40 MFCCs, 64 bands)", valueName: "count"))
    var coefficients: Int?

    @Option(
        help: """
            What changes training clips, drawn anew in every epoch: voices (other tempos, sizes of the voice, some \
            noise, missing parts), anywhere (more noise, and rooms and lines) or none. Needs log-mel bands. (default: \
            none; SERNet voices)
            """)
    var augmentation: AugmentationChoice?

    @Option(
        help: ArgumentHelp("Clips in a step. (default: 32; ANN 4, SERNet 64, with --from 16)", valueName: "count"))
    var batchSize: Int?

    @Option(
        help: """
            What counts equally in an epoch, which sees as many clips as there are to train on: classes, corpora (so \
            that a small one is heard as much as a large one) or none, where every clip is seen once.
            """)
    var balance = BalanceChoice.none

    @Option(
        help: """
            Over which sound the mean and deviation are taken that bring features to one scale: corpus (the training \
            part), speaker (all clips of the speaker, whose names must be known; no labels are needed, and ser predict \
            takes --same-speaker; of SERNet, of what it makes of them) or clip. (default: corpus; with --from what the \
            model was trained with)
            """)
    var standardize: Standardization.Scope?

    @Option(
        help: ArgumentHelp(
            "Share of each target that is spread over all emotions, 0 to below 1. (default: 0; SERNet 0.1)",
            valueName: "share"))
    var labelSmoothing: Float?

    @Option(
        help: ArgumentHelp(
            "Share of values that is dropped in training, 0 to below 1, by the networks that drop any. (default: CNN 0.2, "
                + "SERNet 0.3)", valueName: "share"))
    var dropout: Float?

    @Option(help: ArgumentHelp(ClipSummary.help, valueName: "summary"))
    var annInput: ClipSummary?

    @OptionGroup var reading: CorpusReadingOptions
    @OptionGroup var optimization: OptimizationOptions
    @OptionGroup var copySearch: CopySearchOptions

    func validate() throws {
        if let epochs, !(1...100_000).contains(epochs) {
            throw ValidationError("--epochs \(epochs): must be from 1 to 100000.")
        }
        if let features {
            note(emptyBandsOf: try features.extractor(coefficients: coefficients, rate: rate))
        }
        if let duration, !(duration > 0 && duration <= 60) {
            throw ValidationError("--duration \(duration): must be above 0 and at most 60 seconds.")
        }
        if let batchSize, !(1...100_000).contains(batchSize) {
            throw ValidationError("--batch-size \(batchSize): must be from 1 to 100000.")
        }
        if let labelSmoothing, !(labelSmoothing >= 0 && labelSmoothing < 1) {
            throw ValidationError("--label-smoothing \(labelSmoothing): must be from 0 to below 1.")
        }
        if let dropout, !(dropout >= 0 && dropout < 1) {
            throw ValidationError("--dropout \(dropout): must be from 0 to below 1.")
        }
    }

    /// Refuses what says how steps are made where none of the networks makes any: of several, those that do take it.
    func validate(for architectures: [Architecture]) throws {
        if dropout != nil, architectures.allSatisfy({ $0.dropout == nil }), let first = architectures.first {
            throw ValidationError("--dropout: \(first.title) drops nothing, as CNN and SERNet do: leave it out.")
        }
        guard architectures.allSatisfy(\.isLinear), let first = architectures.first else { return }
        let steps = [
            balance == .none ? nil : "--balance", epochs.map { _ in "--epochs" }, batchSize.map { _ in "--batch-size" },
            augmentation.map { _ in "--augmentation" }, labelSmoothing.map { _ in "--label-smoothing" },
            optimization.learningRate.map { _ in "--learning-rate" }, optimization.schedule.map { _ in "--schedule" },
            optimization.clipNorm.map { _ in "--clip-norm" }, optimization.weightDecay.map { _ in "--weight-decay" },
        ]
        if let option = steps.compactMap({ $0 }).first {
            throw ValidationError(
                "\(option) says how a network is trained step by step, and \(first.rawValue) is solved for at once: "
                    + "leave it out.")
        }
        guard features == nil else { return }
        _ = try FeatureChoice.egemaps.extractor(coefficients: coefficients, rate: rate)
        if let annInput, annInput != .means {
            throw ValidationError(
                "--ann-input sums up frames, and egemaps has one row a clip: leave it out, or name other --features.")
        }
    }

    /// A network, trained so.
    func candidate(_ architecture: Architecture, calibrates: Bool) throws -> Candidate {
        if architecture.isLinear { return try linearCandidate(architecture, calibrates: calibrates) }
        var trainer = architecture.trainer
        if features != nil || coefficients != nil || rate != nil {
            let choice = features ?? (architecture == .serNet ? .logmel : .mfcc)
            trainer.features = try choice.extractor(coefficients: coefficients, rate: rate)
            // Features that were named are told of by themselves, once for all networks.
            if features == nil { note(emptyBandsOf: trainer.features) }
        }
        if let duration { trainer.duration = duration }
        // What changes bands has nothing to change in other features.
        if !(trainer.features is LogMel) { trainer.augmentation = [] }
        trainer.standardizationScope = standardize ?? .corpus
        let isGrown = architecture == .serNet
        apply(to: &trainer, schedule: isGrown ? { Architecture.schedule(epochs: $0) } : nil)
        trainer.calibrates = calibrates
        return architecture.candidate(trainer, summary: annInput ?? .means, dropout: dropout)
    }

    /// Sets what was asked of steps, whatever network takes them.
    /// - Parameter usual: The schedule over so many epochs where none was asked for; nil leaves the trainer's.
    func apply(to trainer: inout Trainer, schedule usual: ((_ epochs: Int) -> LearningRateSchedule)?) {
        if let epochs { trainer.epochs = epochs }
        if let batchSize { trainer.batchSize = batchSize }
        if let labelSmoothing { trainer.loss.labelSmoothing = labelSmoothing }
        if let augmentation { trainer.augmentation = augmentation.augmentation(of: trainer.features) }
        trainer.sampling = balance.sampling
        optimization.apply(to: &trainer, schedule: usual)
        trainer.isStrict = reading.strict
    }

    /// A linear network, on features of its own unless others are named.
    private func linearCandidate(_ architecture: Architecture, calibrates: Bool) throws -> Candidate {
        var trainer = architecture.trainer
        if let features { trainer.features = try features.extractor(coefficients: coefficients, rate: rate) }
        if let duration { trainer.duration = duration }
        trainer.standardizationScope = standardize ?? .corpus
        trainer.calibrates = calibrates
        trainer.isStrict = reading.strict
        return architecture.candidate(trainer, summary: features == nil ? .means : annInput ?? .means)
    }
}

extension Architecture: ExpressibleByArgument {}

extension Standardization.Scope: ExpressibleByArgument {}

extension ClipSummary: ExpressibleByArgument {
    static let help: String = """
        What the ANN and the linear ones read: the mean of each coefficient over time; deviations adds their standard \
        deviations, extremes also their least and greatest values.
        """
}
