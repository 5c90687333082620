// SPDX-License-Identifier: Apache-2.0

import SERCore

/// Networks that normalise by speaker: what they make of a speaker's clips, and how they come to know the speaker by it.
extension Model {
    private var speakerNorms: [(path: String, layer: SpeakerNorm)] {
        var seen: Set<String> = []
        return graph.nodes.compactMap { node in
            (node.layer as? SpeakerNorm).flatMap { seen.insert(node.path).inserted ? (node.path, $0) : nil }
        }
    }

    /// Whether a layer normalises by speaker.
    package var normalizesSpeakers: Bool { graph.nodes.contains { $0.layer is SpeakerNorm } }

    /// What the layers that normalise by speaker are given, [clips, features] each, by their paths.
    package func embeddings(of batch: Batch) -> [String: Tensor] {
        computed(batch.values, lengths: batch.lengths).context.collected
    }

    /// The running state of the network once it knows a voice: each layer that normalises by speaker has the voice's mean
    /// and variance, as far as it was heard.
    package func state(for voice: Voice) -> Parameters {
        var state = state
        for (path, _) in speakerNorms {
            guard let heard = voice.embeddings[path] else { continue }
            let (meanPath, variancePath) = ("\(path).\(SpeakerNorm.meanName)", "\(path).\(BatchNorm.varianceName)")
            let (mean, variance) = (state[meanPath], state[variancePath])
            let own = heard.blended(
                share: min(1, Double(heard.count) / Standardization.clipsThatSuffice),
                mean: mean.scalars.map(Double.init), deviation: variance.scalars.map { Double($0).squareRoot() })
            state[meanPath] = Tensor(own.mean.map { Float($0) }, shape: mean.shape)
            state[variancePath] = Tensor(own.deviation.map { Float($0 * $0) }, shape: variance.shape)
        }
        return state
    }

    /// The same network for one voice: in the place of each layer that normalises by speaker a batch normalisation by the
    /// voice's numbers.
    func adapted(to voice: Voice) throws(ShapeError) -> Model {
        let state = state(for: voice)
        var model = self
        for (path, layer) in speakerNorms {
            let (weights, old) = (model.parameters, model.state)
            model = try model.replacing(path, with: layer.normalization)
            for name in weights.paths { model.parameters[name] = weights[name] }
            for name in old.paths { model.state[name] = state[name] }
        }
        return model
    }

    /// A fingerprint of the weights and the running state, by which a voice knows the network that heard it.
    var fingerprint: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a, a value at a time
        for tensor in parameters.tensors + state.tensors {
            tensor.withPointer { values in
                for place in 0..<tensor.count {
                    hash = (hash ^ UInt64(values[place].bitPattern)) &* 0x100_0000_01B3
                }
            }
        }
        return hash
    }

    /// Whether what was heard of a voice is what the layers that normalise by speaker are given, by this network.
    func fits(_ voice: Voice) -> Bool {
        guard normalizesSpeakers, voice.network == nil || voice.network == fingerprint else {
            return !normalizesSpeakers
        }
        return speakerNorms.allSatisfy { path, _ in
            guard let heard = voice.embeddings[path] else { return voice.count == 0 }
            return heard.mean.count == state["\(path).\(SpeakerNorm.meanName)"].count
        }
    }
}
