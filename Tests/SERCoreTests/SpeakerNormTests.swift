// SPDX-License-Identifier: Apache-2.0

import SERCore
import Testing

@Suite struct SpeakerNormTests {
    private static let speakers = [0..<5, 5..<6, 6..<9]

    private func context(
        _ mode: Mode, _ parameters: Parameters? = nil, speakers: [Range<Int>]? = nil
    ) -> Context {
        Context(
            mode: mode, parameters: parameters ?? ["norm.weight": pattern([4], 5), "norm.bias": pattern([4], 6)],
            state: ["norm.running_mean": pattern([4], 7), "norm.running_var": .ones([4]) * 3],
            scope: LayerScope(
                path: "norm", parameters: [("weight", 0), ("bias", 1)],
                states: [("running_mean", 0), ("running_var", 1)]),
            speakers: speakers)
    }

    /// A speaker's rows come out as from a batch normalisation of these rows alone; what runs along is the average over the
    /// speakers who have a variance.
    @Test func eachSpeakerIsABatch() throws {
        let x = pattern([9, 4], 1), layer = SpeakerNorm(epsilon: 1e-3, momentum: 0.25)
        var together = context(.training(RandomKey(seed: 1)), speakers: Self.speakers)
        let result = layer(Signal(x), in: &together).values
        var means: [Tensor] = [], variances: [Tensor] = []
        for rows in Self.speakers {
            var alone = context(.training(RandomKey(seed: 1)))
            // What runs along is replaced by what is seen.
            let batch = BatchNorm(epsilon: 1e-3, momentum: 1)
            let expected = batch(Signal(x.slice(axis: 0, rows)), in: &alone).values
            #expect(result.slice(axis: 0, rows).scalars == expected.scalars)
            guard rows.count > 1 else { continue }
            means.append(alone.state("running_mean"))
            variances.append(alone.state("running_var"))
        }
        let before = context(.inference)
        for (name, seen) in [("running_mean", means), ("running_var", variances)] {
            let moved = before.state(name) * 0.75 + (seen[0] + seen[1]) * (0.25 / 2)
            expectClose(together.state(name).scalars, moved.scalars.map(Double.init), name)
        }
    }

    /// Who says nothing of speakers has a batch of one; in inference the running numbers count, whoever speaks.
    @Test func withoutSpeakersItIsABatchNormalisation() {
        let x = pattern([9, 4], 1)
        for mode in [Mode.training(RandomKey(seed: 1)), .inference] {
            var (own, usual) = (context(mode), context(mode))
            let result = SpeakerNorm()(Signal(x), in: &own).values
            #expect(result.scalars == BatchNorm(epsilon: 1e-3)(Signal(x), in: &usual).values.scalars)
            expectClose(own.state("running_mean").scalars, usual.state("running_mean").scalars.map(Double.init))
            expectClose(own.state("running_var").scalars, usual.state("running_var").scalars.map(Double.init))
            // What is given to the layer is kept for whoever gets to know a speaker.
            #expect(own.collected["norm"]?.scalars == (own.isTraining ? nil : x.scalars))
        }
    }

    @Test func gradientsAreThoseOfEachSpeaker() throws {
        try checkGradients(at: [pattern([9, 4], 1), pattern([4], 5), pattern([4], 6)]) { t in
            var context = context(
                .training(RandomKey(seed: 1)), Parameters([("norm.weight", t[1]), ("norm.bias", t[2])]),
                speakers: Self.speakers)
            return SpeakerNorm()(Signal(t[0]), in: &context).values
        }
    }

    @Test func frozenItMovesNothing() {
        var frozen = context(.training(RandomKey(seed: 1)), speakers: Self.speakers)
        var state = frozen.state
        state.setFrozen(true, state.paths)
        frozen = Context(mode: frozen.mode, parameters: frozen.parameters, state: state, scope: frozen.scope)
        var inference = context(.inference)
        let x = pattern([9, 4], 1)
        #expect(
            SpeakerNorm()(Signal(x), in: &frozen).values.scalars
                == SpeakerNorm()(Signal(x), in: &inference).values.scalars)
        #expect(frozen.state("running_mean").scalars == inference.state("running_mean").scalars)
    }

    @Test func itTakesOneRowAClip() {
        let error = #expect(throws: ShapeError.self) { try SpeakerNorm().outputShape(for: [.time, 4]) }
        #expect(error?.hint.contains("pooling") == true)
        #expect(throws: ShapeError.self) { try SpeakerNorm(epsilon: .nan).outputShape(for: [4]) }
    }
}
