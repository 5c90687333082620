// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERSupport

extension FeaturePreset: ExpressibleByArgument {
    /// librosa-legacy rather than librosaLegacy.
    public init?(argument: String) {
        self.init(rawValue: argument == "librosa-legacy" ? "librosaLegacy" : argument)
    }

    public static var allValueStrings: [String] { ["librosa", "librosa-legacy", "torchaudio", "kaldi"] }

    public static var allValueDescriptions: [String: String] {
        [
            "librosa": "librosa 0.11", "librosa-legacy": "librosa up to 0.8: clips padded by reflection",
            "torchaudio": "torchaudio's MFCC", "kaldi": "Kaldi's compute-mfcc-feats",
        ]
    }

    public var defaultValueDescription: String { self == .librosaLegacy ? "librosa-legacy" : rawValue }
}

struct FeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features",
        abstract: "Compute the features of sound files.",
        discussion: """
            A file that cannot be read is told on standard error; the others are computed all the same, and the exit code \
            is 1. With --json each file is one line, with what is wrong with it under "error".

            With --output, which takes one sound file, the matrix is written as a NumPy file: float32, \
            [frames, coefficients]. The librosa presets give 40 coefficients at 22,050 Hz unless told otherwise, \
            torchaudio 40 and kaldi 13 at 16,000 Hz. At another --rate, kaldi's frames stay 25 ms long, 10 ms apart; \
            those of the others keep their number of samples, as in the originals.

            EXAMPLE:
              ser features speech.wav --preset librosa --output speech.npy
              ser features speech.wav --features egemaps --json
            """)

    @Argument(help: ArgumentHelp("\(SoundInput.help)", valueName: "file"))
    var files: [SoundInput]

    @Option(help: "What is computed: \(FeatureChoice.help)")
    var features = FeatureChoice.mfcc

    @Option(help: "Whose definition of MFCCs to follow. (default: librosa)")
    var preset: FeaturePreset?

    @Option(help: ArgumentHelp("Number of MFCCs, c0 included, or of bands.", valueName: "count"))
    var coefficients: Int?

    @Option(help: ArgumentHelp("Rate to which the sound is resampled, in Hz.", valueName: "hertz"))
    var rate: Double?

    @Option(help: ArgumentHelp("NumPy file to write.", valueName: "file.npy"))
    var output: URL?

    @OptionGroup var reading: SoundReadingOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        try SoundInput.validate(files)
        if output != nil, files.count > 1 {
            throw ValidationError("--output takes the features of one file: name one.")
        }
    }

    func run() throws {
        common.apply()
        let extractor = try extractor
        try extractor.validate()
        note(emptyBandsOf: extractor)
        if let output { try prepare(output: output, besides: files.map(\.file)) }
        var failures = 0
        for file in files {
            if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
            let matrix = Result {
                try extractor.checkedFeatures(
                    of: file.clip(sampleRate: extractor.sampleRate, truncated: reading.truncated))
            }
            switch matrix {
            case .success(let matrix): try show(matrix, of: extractor, file)
            case .failure(let failure):
                if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
                failures += 1
                let error = advised(failure)
                note(error, about: file.title)
                if common.json { try printJSON(FailedFile(file: file.name, error: error), onOneLine: true) }
            }
        }
        if failures > 0 { throw ExitCode.failure }
    }

    /// An error with what can be done about it by the options of these features.
    private func advised(_ error: any Error) -> any Error {
        guard features == .mfcc, case FeatureError.tooShort? = error as? FeatureError else { return error }
        return Told(description: "\(inWordsOfCommands(error)), or --preset librosa, which pads it")
    }

    private var extractor: any FeatureExtractor {
        get throws {
            guard features == .mfcc else {
                guard preset == nil else { throw ValidationError("--preset is of MFCCs: leave it out.") }
                return try features.extractor(coefficients: coefficients, rate: rate)
            }
            return MFCC(usualPreset, coefficients: coefficients ?? usualCoefficients, sampleRate: rate)
        }
    }

    private var usualPreset: FeaturePreset { preset ?? .librosa }

    private func show(_ matrix: FeatureMatrix, of extractor: any FeatureExtractor, _ file: SoundInput) throws {
        if let output { try AtomicFile.write(matrix.npy(), to: output) }
        if common.json {
            try printJSON(Report(matrix, of: extractor, file, self), onOneLine: true)
        } else {
            try printTable(matrix, of: extractor, file)
        }
    }

    private var usualCoefficients: Int? {
        usualPreset == .librosa || usualPreset == .librosaLegacy ? 40 : nil
    }

    private struct Report: Encodable {
        let file, features: String
        /// Whose definition of MFCCs; nil for other features.
        let preset: String?
        let sampleRate: Double
        let frames, coefficients: Int
        let coefficientNames: [String]
        let output: String?
        let values: [[Float]]?

        init(
            _ matrix: FeatureMatrix, of extractor: any FeatureExtractor, _ file: SoundInput, _ command: FeaturesCommand
        ) {
            self.file = file.name
            features = command.features.rawValue
            preset = command.features == .mfcc ? command.usualPreset.defaultValueDescription : nil
            sampleRate = extractor.sampleRate
            frames = matrix.frames
            coefficients = matrix.coefficients
            coefficientNames = extractor.columns.map(\.description)
            output = command.output?.path
            values = command.output == nil ? (0..<matrix.frames).map { Array(matrix.row($0)) } : nil
        }
    }

    private func printTable(_ matrix: FeatureMatrix, of extractor: any FeatureExtractor, _ file: SoundInput) throws {
        let definition = features == .mfcc ? usualPreset.defaultValueDescription : features.rawValue
        try printText(
            "\(file.title): \(matrix.frames) \(matrix.frames == 1 ? "frame" : "frames") of \(matrix.coefficients) "
                + "coefficients at \(extractor.sampleRate.significant(6)) Hz (\(definition))")
        if let output {
            try printText("written to \(output.path)")
            return
        }
        guard matrix.frames > 1 else {
            return try printText(values(of: matrix, extractor).lines.joined(separator: "\n"))
        }
        let statistics: [TimeStatistic] = [.mean, .standardDeviation, .minimum, .maximum]
        let summary = try matrix.statistics(statistics)
        var table = TextTable(["coefficient", "mean", "deviation", "minimum", "maximum"], alignments: [.right])
        for (coefficient, column) in extractor.columns.enumerated() {
            let values = statistics.indices.map { summary[0, $0 * matrix.coefficients + coefficient] }
            table.append(["\(column)"] + values.map { Double($0).fixed(3) })
        }
        try printText(table.lines.joined(separator: "\n"))
    }

    /// The values of a single row, which have no statistics.
    private func values(of matrix: FeatureMatrix, _ extractor: any FeatureExtractor) -> TextTable {
        var table = TextTable(["coefficient", "value"], alignments: [.left])
        for (column, value) in zip(extractor.columns, matrix.row(0)) {
            table.append(["\(column)", Double(value).fixed(3)])
        }
        return table
    }
}
