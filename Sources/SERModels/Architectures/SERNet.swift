// SPDX-License-Identifier: Apache-2.0

import SERCore

extension Block {
    /// A network for voices never heard, found by search (Benchmarks/VoicesSearch.md): four convolutions over the log-mel
    /// spectrogram as an image, a GRU both ways over time, attentive statistics, and a dense layer.
    ///
    /// It reads `[.time, bands]` of at least 16 bands and 4 frames. Each clip's own mean is taken from every band first,
    /// so that neither the loudness of a recording nor the colour of its microphone is read as an emotion. With the
    /// defaults and 64 bands it learns 290 thousand numbers.
    /// - Parameters:
    ///   - classes: Emotions.
    ///   - filters: Channels of the four convolutions.
    ///   - units: Values of a step that the GRU reads, and of the clip's embedding.
    ///   - recurrentUnits: Length of the GRU's state in each direction.
    ///   - bands: Log-mel bands.
    ///   - dropout: Share of the embedding dropped in training; of the statistics, two thirds of it.
    ///   - normalizesClips: Whether each clip's mean is taken from its bands.
    ///   - normalizesSpeakers: Whether the embedding is normalised by speaker (`SpeakerNorm`), which takes other clips of
    ///     each speaker in training and in use.
    public static func serNet(
        classes: Int, filters: [Int] = [24, 32, 64, 64], units: Int = 128, recurrentUnits: Int = 96, bands: Int = 64,
        dropout: Float = 0.3, normalizesClips: Bool = true, normalizesSpeakers: Bool = false
    ) -> Block {
        // Bands are halved by each pooling, frames by the first two.
        let windows = filters.indices.map { Extent(height: 2, width: $0 < 2 ? 2 : 1) }
        let rows = (filters.last ?? 1) * (bands >> filters.count)
        return Block {
            if normalizesClips { MeanNormalization() }
            Permute([1, 0])
            Reshape([1, .fixed(bands), .time])
            for (count, window) in zip(filters, windows) {
                Conv2D(count, kernel: 3, padding: .same, bias: false); BatchNorm(); ReLU(); MaxPool2D(window)
            }
            Reshape([.fixed(rows), .time])
            Permute([1, 0])
            Dense(units, bias: false); BatchNorm(); ReLU()
            GRU(recurrentUnits, bidirectional: .concatenate, output: .allSteps)
            AttentiveStatisticsPooling(units: 64, heads: 4)
            BatchNorm(); Dropout(dropout * 2 / 3)
            Dense(units).named("embedding")
            if normalizesSpeakers { SpeakerNorm() } else { BatchNorm() }
            ReLU(); Dropout(dropout)
            Dense(classes).named("logits")
        }
    }
}
