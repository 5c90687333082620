// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport

/// Features that can say what they are in ONNX. ``SERAudio/MFCC`` and ``SERAudio/LogMel`` conform; features of your own
/// that conform are exported too.
public protocol ONNXExportableFeatures: FeatureExtractor {
    /// Adds nodes to an ONNX graph that compute the features of one clip at the extractor's rate.
    /// - Parameters:
    ///   - samples: The name of the samples, float [samples].
    ///   - graph: The graph that is being written.
    /// - Returns: The name of the features, float [frames, coefficients].
    /// - Throws: ``InterchangeError`` when the settings have no counterpart.
    func export(_ samples: String, to graph: inout ONNXWriter) throws(InterchangeError) -> String
}

extension LogMel: ONNXExportableFeatures {
    public func export(_ samples: String, to graph: inout ONNXWriter) throws(InterchangeError) -> String {
        try graph.spectrogram(samples, self)
    }
}

extension MFCC: ONNXExportableFeatures {
    public func export(_ samples: String, to graph: inout ONNXWriter) throws(InterchangeError) -> String {
        try graph.cepstra(samples, self)
    }
}

/// Features as nodes of an ONNX graph: what ``SERAudio`` computes, for one clip.
extension ONNXWriter {
    /// From `samples` [1, samples] to what the network reads.
    mutating func features(
        _ pipeline: FeaturePipeline, _ standardization: Standardization, input: Shape
    ) throws(InterchangeError) -> ONNXSignal {
        guard standardization.scope == .corpus else {
            let byClip = standardization.scope == .clip
            throw .features(
                reason: byClip
                    ? "each clip is standardised by its own mean and deviation"
                    : "they are standardised by speaker, and a graph hears one clip",
                hint: byClip
                    ? "Export the network alone, and standardise what it reads."
                    : "Export the network alone, or the recognizer that adapted(to:) makes for one voice.")
        }
        path = "features"
        defer { path = "" }
        self.input("samples", .float, [.length(1), .named("samples")])
        let samples = spanned(add("Reshape", ["samples", constant([-1])]), pipeline)
        var matrix = try matrix(samples, pipeline.extractor)
        if case .vector(let statistics) = pipeline.arrangement { matrix = try summary(matrix, statistics) }
        let scaled = standardized(matrix, standardization)
        switch pipeline.arrangement {
        case .vector: return ONNXSignal(scaled, shape: input)
        case .sequence: return ONNXSignal(add("Unsqueeze", [scaled, constant([0])]), shape: input)
        case .image:
            let image = add("Transpose", [scaled], attributes: [("perm", .ints([1, 0]))])
            return ONNXSignal(add("Unsqueeze", [image, constant([0, 1])]), shape: input)
        }
    }

    /// The beginning of the clip, whichever part the pipeline would choose of a longer one: a graph cannot look for
    /// speech. With silence after it where the span is exact.
    private mutating func spanned(_ samples: String, _ pipeline: FeaturePipeline) -> String {
        let length = Int(saturating: pipeline.span.seconds * pipeline.extractor.sampleRate)
        var sound = samples
        if case .exactly = pipeline.span {
            sound = add("Pad", [sound, constant([0, length])])
        }
        return add("Slice", [sound, constant([0]), constant([length]), constant([0])])
    }

    /// [frames, coefficients] of samples.
    private mutating func matrix(
        _ samples: String, _ extractor: any FeatureExtractor
    ) throws(InterchangeError) -> String {
        do throws(FeatureError) { try extractor.validate() } catch {
            throw .features(reason: "\(error)", hint: "Correct the settings.")
        }
        guard let exportable = extractor as? any ONNXExportableFeatures else {
            throw .features(
                reason: "\(type(of: extractor)) does not say what it is in ONNX",
                hint: "Export without the features, or let it conform to ONNXExportableFeatures.")
        }
        return try exportable.export(samples, to: &self)
    }

    /// [frames, cepstra and their derivatives] of samples.
    fileprivate mutating func cepstra(_ samples: String, _ mfcc: MFCC) throws(InterchangeError) -> String {
        let bands = mfcc.logMel.filters.bands
        let matrix = DCT.matrix(bands: bands, coefficients: mfcc.cepstra, gain: mfcc.lifter.gain)
        let cosines = constant(matrix, shape: [bands, mfcc.cepstra], name: "features.dct")
        let cepstra = add("MatMul", [try spectrogram(samples, mfcc.logMel), cosines])
        let orders = (0..<mfcc.deltas).map { delta(cepstra, mfcc, order: $0 + 1) }
        return orders.isEmpty ? cepstra : add("Concat", [cepstra] + orders, attributes: [("axis", .int(1))])
    }

    /// The derivative over time of [frames, cepstra], each column on its own.
    private mutating func delta(_ matrix: String, _ settings: MFCC, order: Int) -> String {
        let (width, half) = (settings.deltaWidth, settings.deltaWidth / 2)
        let weights = FeatureMatrix.deltaWeights(width: width, order: order).map { Float($0) }
        let columns = add(
            "Unsqueeze", [add("Transpose", [matrix], attributes: [("perm", .ints([1, 0]))]), constant([1])])
        func padded(_ name: String, _ mode: String) -> String {
            add("Pad", [name, constant([0, 0, half, 0, 0, half])], attributes: [("mode", .string(mode))])
        }
        let modes: [DeltaMode: String] = [.nearest: "edge", .mirror: "reflect", .constant: "constant", .wrap: "wrap"]
        let input = modes[settings.deltaMode].map { padded(columns, $0) } ?? columns
        let kernel = constant(weights, shape: [1, 1, width], name: "features.delta\(order)")
        var slopes = add("Conv", [input, kernel])
        // The polynomial of the first and last whole window has one derivative of its own order.
        if settings.deltaMode == .interpolate { slopes = padded(slopes, "edge") }
        let rows = add("Squeeze", [slopes, constant([1])])
        return add("Transpose", [rows], attributes: [("perm", .ints([1, 0]))])
    }

    fileprivate mutating func spectrogram(_ samples: String, _ settings: LogMel) throws(InterchangeError) -> String {
        var values = try power(samples, settings.stft)
        if settings.quantity == .magnitude { values = add("Sqrt", [values]) }
        let weights: FeatureMatrix
        do throws(FeatureError) {
            weights = try settings.filters.weights(
                sampleRate: settings.sampleRate, fftLength: settings.stft.fftLength)
        } catch { throw .features(reason: "\(error)", hint: "Correct the settings.") }
        let (bands, bins) = (weights.frames, weights.coefficients)
        let transposed = (0..<bins * bands).map { weights.values[$0 % bands * bins + $0 / bands] }
        values = add("MatMul", [values, constant(transposed, shape: [bins, bands], name: "features.mel")])
        switch settings.compression {
        case .none: return values
        case .natural(let least): return add("Log", [add("Max", [values, constant(Float(least))])])
        case .decibels(let decibels): return self.decibels(values, decibels)
        }
    }

    private mutating func decibels(_ power: String, _ settings: Decibels) -> String {
        let logarithm = add("Log", [add("Max", [power, constant(Float(settings.least))])])
        var values = add("Mul", [logarithm, constant(Float(10 / log(10.0)))])
        let loudest = add("ReduceMax", [values], attributes: [("keepdims", .int(0))])
        if let range = settings.topDB {
            values = add("Max", [values, add("Sub", [loudest, constant(Float(range))])])
        }
        switch settings.reference {
        case .maximum: return add("Sub", [values, loudest])
        case .power(let power):
            let offset = 10 * log10(max(settings.least, power))
            return offset == 0 ? values : add("Sub", [values, constant(Float(offset))])
        }
    }

    /// Squared magnitudes [frames, bins].
    private mutating func power(_ samples: String, _ stft: STFT) throws(InterchangeError) -> String {
        let frames = frames(samples, stft)
        let (fft, bins) = (stft.fftLength, stft.bins)
        let isPlain = stft.scale == 1 && !stft.removesMean && stft.preemphasis == 0
        let spectrum: String
        if isPlain, fft >= 1024, fft.nonzeroBitCount == 1 {
            let window = stft.window.values(stft.windowLength ?? fft, periodic: stft.isPeriodic)
            // Zeros in front of the window would turn phases only, so all of them go to the end.
            let filled = window + [Float](repeating: 0, count: fft - window.count)
            var windowed = frames
            if window.count < fft { windowed = add("Pad", [windowed, constant([0, 0, 0, fft - window.count])]) }
            windowed = add("Mul", [windowed, constant(filled, shape: [fft], name: "features.window")])
            let signal = add("Unsqueeze", [windowed, constant([2])])
            spectrum = add("DFT", [signal, "", scalar(1)], attributes: [("onesided", .int(1))])
        } else {
            // Short transforms are faster, and where the length is no power of two more exact, as one matrix product.
            let basis = try DFTBasis(stft)
            let product = add(
                "MatMul", [frames, constant(basis.values, shape: [basis.length, 2 * bins], name: "features.dft")])
            spectrum = add("Reshape", [product, constant([0, bins, 2])])
        }
        return add("ReduceSumSquare", [spectrum, constant([2])], attributes: [("keepdims", .int(0))])
    }

    /// The samples under the window of each frame, [frames, window].
    private mutating func frames(_ samples: String, _ stft: STFT) -> String {
        let span = stft.fftLength
        let length = stft.windowLength ?? span
        let isCentred = stft.edges == .zero || stft.edges == .reflect || stft.edges == .nearest
        let padding = isCentred ? span / 2 : 0
        var padded = samples
        if padding > 0 {
            let mode = stft.edges == .reflect ? "reflect" : stft.edges == .nearest ? "edge" : "constant"
            padded = add("Pad", [samples, constant([padding, padding])], attributes: [("mode", .string(mode))])
        }
        let needed = stft.edges == .snip ? length : span
        let size = add("Squeeze", [add("Shape", [padded]), constant([0])])
        // 1 + (size - needed) / hop frames, one every hop.
        let end = add("Add", [size, scalar(1 - needed)])
        let starts = add("Range", [scalar(0), end, scalar(stft.hop)])
        let offset = stft.edges == .snip ? 0 : (span - length) / 2
        let offsets = integers(
            (0..<length).map { offset + $0 }, shape: [1, length], name: "features.positions")
        let places = add("Add", [add("Unsqueeze", [starts, constant([1])]), offsets])
        return add("Gather", [padded, places], attributes: [("axis", .int(0))])
    }

    /// Statistics over time, one after the other: [1, statistics x coefficients].
    private mutating func summary(
        _ matrix: String, _ statistics: [TimeStatistic]
    ) throws(InterchangeError) -> String {
        var parts: [String] = []
        for statistic in statistics {
            func over(_ operation: String, _ values: String) -> String {
                add(operation, [values, constant([0])], attributes: [("keepdims", .int(1))])
            }
            switch statistic {
            case .mean: parts.append(over("ReduceMean", matrix))
            case .minimum: parts.append(over("ReduceMin", matrix))
            case .maximum: parts.append(over("ReduceMax", matrix))
            case .standardDeviation:
                let centred = add("Sub", [matrix, over("ReduceMean", matrix)])
                parts.append(add("Sqrt", [over("ReduceMean", add("Mul", [centred, centred]))]))
            case .percentile:
                throw .features(
                    reason: "percentiles have no counterpart there", hint: "Export without the features.")
            }
        }
        return parts.count == 1 ? parts[0] : add("Concat", parts, attributes: [("axis", .int(1))])
    }

    private mutating func standardized(_ matrix: String, _ standardization: Standardization) -> String {
        let count = standardization.mean.count
        let mean = constant(standardization.mean.map(Float.init), shape: [count], name: "features.mean")
        let scale = constant(
            standardization.scale.map { Float($0) }, shape: [count], name: "features.scale")
        return add("Mul", [add("Sub", [matrix, mean]), scale])
    }
}

/// The Fourier transform of one frame as a matrix [window, 2 x bins], everything that happens to a frame before it taken in:
/// factor, removal of the mean, pre-emphasis, window.
private struct DFTBasis {
    let length: Int
    /// Real and imaginary parts in turn.
    let values: [Float]

    /// The most numbers that are worth it: 64 MB.
    private static let most = 1 << 24

    init(_ stft: STFT) throws(InterchangeError) {
        length = stft.windowLength ?? stft.fftLength
        let columns = 2 * stft.bins
        guard length * columns <= Self.most else {
            throw .features(
                reason: "a transform of \(stft.fftLength) samples is too large there",
                hint: "Use a power of two, without pre-emphasis and the like, or export without the features.")
        }
        let window = stft.window.values(length, periodic: stft.isPeriodic)
        var matrix = [Double](repeating: 0, count: length * columns)
        for i in 0..<length {
            for bin in 0..<stft.bins {
                // The angle of whole turns is taken off before it grows.
                let angle = 2 * Double.pi * Double(i * bin % stft.fftLength) / Double(stft.fftLength)
                let gain = Double(window[i]) * Double(stft.scale)
                matrix[i * columns + 2 * bin] = gain * cos(angle)
                matrix[i * columns + 2 * bin + 1] = -gain * sin(angle)
            }
        }
        // Pre-emphasis: the sample itself, less a part of the one before (the first: of itself).
        let emphasis = Double(stft.preemphasis)
        if emphasis != 0 {
            for column in 0..<columns {
                matrix[column] *= 1 - emphasis
                for i in 0..<length - 1 {
                    let next = matrix[(i + 1) * columns + column]
                    matrix[i * columns + column] -= emphasis * next
                }
            }
        }
        if stft.removesMean {
            for column in 0..<columns {
                let mean = (0..<length).reduce(0.0) { $0 + matrix[$1 * columns + column] } / Double(length)
                for i in 0..<length { matrix[i * columns + column] -= mean }
            }
        }
        values = matrix.map(Float.init)
    }
}
