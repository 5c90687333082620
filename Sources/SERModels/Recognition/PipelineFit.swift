// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERSupport

extension FeaturePipeline {
    /// Makes sure that a network with this input reads what the pipeline gives.
    func check(for input: Shape) throws(RecognizerError) {
        do throws(FeatureError) { try extractor.validate() } catch { throw .features(error) }
        guard span.seconds > 0, span.seconds <= 3600 else { throw .seconds(span.seconds) }
        let fitting: [Shape]
        switch (arrangement, span) {
        case (.sequence, _): fitting = [[.time, .fixed(columns)], [.any, .fixed(columns)]]
        case (.vector, _): fitting = [[.fixed(columns)]]
        case (.image, .exactly(let seconds)):
            let frames = extractor.frames(forSamples: Int(saturating: seconds * extractor.sampleRate))
            fitting = [.fixed(frames), .any, .time].map { Shape([1, .fixed(columns), $0]) }
        case (.image, .atMost): throw .imageOfAnyLength
        }
        guard fitting.contains(input) else { throw .input(features: fitting[0], network: input) }
    }
}
