import SERCore
import SERModels
import Testing

/// What inference keeps of a model's weights never outlives those weights.
@Suite struct PreparedWeightsTests {
    private func logits(_ model: Model, _ architecture: Architecture) -> [[Float]] {
        let shape = architecture.input().dimensions.map { $0.length ?? 50 }
        return [1, 9, 40].map { batch in
            model(.normal([batch] + shape, key: RandomKey(seed: 3).derived(batch))).scalars
        }
    }

    @Test(arguments: Architecture.allCases)
    func newWeightsAreUsedAtOnce(_ architecture: Architecture) throws {
        var model = try architecture.model(classes: 7, seed: 1)
        let other = try architecture.model(classes: 7, seed: 2)
        let before = logits(model, architecture)
        #expect(logits(model, architecture) == before)
        let copy = model
        model.parameters = other.parameters
        model.state = other.state
        #expect(logits(model, architecture) == logits(other, architecture))
        #expect(logits(model, architecture) != before)
        #expect(logits(copy, architecture) == before)

        // In place, as an optimiser does it.
        let path = model.parameters.paths[0]
        model.parameters[path] = model.parameters[path] * 2
        var doubled = try architecture.model(classes: 7, seed: 3)
        doubled.parameters = model.parameters
        #expect(logits(model, architecture) == logits(doubled, architecture))
    }

    @Test(arguments: Architecture.allCases)
    func weightsGivenForOneCallAreNotKept(_ architecture: Architecture) throws {
        let model = try architecture.model(classes: 7, seed: 1)
        let other = try architecture.model(classes: 7, seed: 2)
        let shape = architecture.input().dimensions.map { $0.length ?? 50 }
        let x = Tensor.normal([9] + shape, key: RandomKey(seed: 4))
        let before = model(x).scalars
        let given = model.run(x, parameters: other.parameters, mode: .inference).output.values.scalars
        #expect(given != before)
        #expect(model(x).scalars == before)
    }

    /// Packing changes where weights lie, not what comes out.
    @Test(arguments: Architecture.allCases)
    func packedWeightsGiveWhatPlainOnesGive(_ architecture: Architecture) throws {
        let model = try architecture.model(classes: 7, seed: 1)
        let shape = architecture.input().dimensions.map { $0.length ?? 50 }
        for batch in [1, 2, 8, 31, 64, 100] {
            let x = Tensor.normal([batch] + shape, key: RandomKey(seed: 4).derived(batch))
            let packed = model(x).scalars
            let plain = model.run(x, parameters: model.parameters, mode: .inference).output.values.scalars
            let most = plain.reduce(0) { max($0, abs($1)) }
            let worst = zip(packed, plain).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(packed.count == plain.count && worst <= 1e-5 * most, "batch \(batch): \(worst) of \(most)")
        }
    }
}
