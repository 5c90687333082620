// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file
// The code stands here as the guide has it.

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import SERTraining
import Testing

/// The guide's layer of one's own.
struct Gate: Layer {
    static let kind = "gate"
    func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
        guard inputs.count == 2, inputs[0] == inputs[1] else {
            throw ShapeError(
                layer: Self.kind, expected: "two inputs of one shape", got: "\(inputs)", hint: "Give it a value and a gate.")
        }
        return inputs[0]
    }
    func callAsFunction(_ inputs: [Signal], in context: inout Context) -> Signal {
        var output = inputs[0]
        output.values = inputs[0].values * sigmoid(inputs[1].values)
        return output
    }
}

/// The code of Docs/ComposeANetwork.md, word for word; the first test makes sure of that.
@Suite struct ComposeANetworkTests {
    @Test func everyPieceOfTheGuideStandsHere() throws {
        let here = URL(fileURLWithPath: #filePath)
        let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let guide = try String(contentsOf: root.appendingPathComponent("Docs/ComposeANetwork.md"), encoding: .utf8)
        func plain(_ text: some StringProtocol) -> String {
            text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
        }
        let source = plain(try String(contentsOf: here, encoding: .utf8))
        let pieces = guide.components(separatedBy: "```swift\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        #expect(pieces.count == 15)
        for piece in pieces { #expect(source.contains(plain(piece)), "\(piece)") }
    }

    @Test func chain() throws {
        let network = try Model(input: [.time, 40], seed: 1) {
            GRU(128, layers: 2)
            ReLU()
            Dense(256); ReLU()
            Dense(7)
        }
        print(network.summary())
        let table = """
            Layer   Kind   Output      Parameters
            -------------------------------------
            input          [time, 40]           0
            gru1    gru    [128]          164,352
            relu1   relu   [128]                0
            dense1  dense  [256]           33,024
            relu2   relu   [256]                0
            dense2  dense  [7]              1,799
            -------------------------------------
            199,175 parameters, 0 numbers of running state
            """
        #expect(network.summary() == table)
    }

    private struct ConvolutionUnits {
        struct ConvolutionUnit: Composite {
            var filters: Int
            var block: Block {
                Block { Conv1D(filters, kernel: 5, padding: .same); BatchNorm(); ReLU() }
            }
        }
    }

    private static func pretrained() throws -> (Model, ([Int], Float?) -> Block) {
        func convolutions(_ widths: [Int], dropout: Float? = nil) -> Block {
            Block("features") {
                for width in widths {
                    Conv1D(width, kernel: 5, padding: .same)
                    BatchNorm()
                    ReLU()
                }
                if let dropout { Dropout(dropout) }
            }
        }
        let small = try Model(input: [.time, 40]) {
            convolutions([32, 64], dropout: 0.2)
            GlobalAveragePool()
            Dense(7)
        }
        return (small, { convolutions($0, dropout: $1) })
    }

    @Test func pieces() throws {
        let (small, _) = try Self.pretrained()
        #expect(small.parameters.contains("features.conv1d2.weight") && small.graph.output == [7])
        let units = try Model(input: [.time, 40]) {
            ConvolutionUnits.ConvolutionUnit(filters: 8)
            ConvolutionUnits.ConvolutionUnit(filters: 9)
        }
        #expect(units.graph.nodes.map(\.path).last == "relu2" && units.graph.output == [.time, 9])
    }

    private static func deep() throws -> Model {
        let deep = try Model(input: [.time, 40]) {
            Parallel(merge: .concatenate) {
                for kernel in [3, 5, 9] {
                    Block { Conv1D(32, kernel: kernel, padding: .same); ReLU() }
                }
            }
            Repeat(3) {
                Residual { LayerNorm(); Dense(192); GELU(); Dense(96) }
            }
            Parallel(merge: .concatenate) { GlobalAveragePool(); GlobalMaxPool() }
            Dense(7)
        }
        return deep
    }

    private static func joint() throws -> Model {
        let joint = try Model(
            inputs: ["speech": [.time, 40], "prosody": [8]], outputs: ["emotion", "speaker"], seed: 1
        ) {
            GRU(64).named("encoder").reading("speech")
            Concatenate().reading("encoder", "prosody")
            Dense(64); ReLU().named("joint")
            Dense(7).named("emotion")
            Dense(2).named("speaker").reading("joint")
        }
        return joint
    }

    @Test func residualsBranchesRepeats() throws {
        let deep = try Self.deep()
        let gated = try Model(input: [.time, 40]) {
            Parallel(merge: Gate()) { Dense(64); Dense(64) }
            LSTM(64)
            Dense(7)
        }
        #expect(deep.graph.output == [7] && gated.graph.output == [7])
        #expect(deep.parameters.contains("repeat1.3.residual1.dense2.weight"))
    }

    @Test func inputsAndOutputs() throws {
        let joint = try Self.joint()
        let key = RandomKey(seed: 1)
        let speech = Tensor.normal([4, 50, 40], key: key), prosody = Tensor.normal([4, 8], key: key)
        let results = joint(["speech": speech, "prosody": prosody], lengths: ["speech": [50, 31, 44, 12]])
        print(results["emotion"].values.shape, results["speaker"].values.shape)
        #expect(results["emotion"].values.shape == [4, 7] && results["speaker"].values.shape == [4, 2])

        let speakers = ["OAF", "YAF"]
        let heads = try Model(input: [.time, 40], outputs: ["emotion", "speaker", "seconds"], seed: 1) {
            GRU(64).named("encoder")
            Dense(7).named("emotion")
            Dense(speakers.count).named("speaker").reading("encoder")
            Dense(1).named("seconds").reading("encoder")
        }
        let trainer = Trainer(
            features: MFCC(.librosa, coefficients: 40),
            heads: [
                .classes("speaker", speakers, weight: 0.3) { $0.speaker },
                .values("seconds", weight: 0.1) { [Float($0.duration)] },
            ],
            metrics: [.recall, .accuracy(of: "speaker")])
        #expect(try trainer.objective(for: heads, labels: (1...7).map { "\($0)" }).heads.count == 2)

        let inputs = ["speech": Signal(speech, lengths: [50, 31, 44, 12]), "prosody": Signal(prosody)]
        var trained = joint
        var optimizer = try Optimizer(.adam(), for: trained.parameters)
        for step in 1...20 {
            let (loss, state, gradients) = valueAndGradient(at: trained.parameters) { parameters in
                let (outputs, state) = trained.run(inputs, parameters: parameters, mode: .training(key.derived(step)))
                let emotion = crossEntropy(logits: outputs["emotion"].values, labels: [0, 3, 6, 2])
                let speaker = crossEntropy(logits: outputs["speaker"].values, labels: [0, 1, 1, 0])
                return (emotion + speaker * 0.3, state)
            }
            trained.state = state
            optimizer.update(&trained.parameters, with: gradients)
            if step % 10 == 0 { print("step \(step): loss \(loss.item)") }
        }
        let after = trained(["speech": speech, "prosody": prosody], lengths: ["speech": [50, 31, 44, 12]])
        let labels = [0, 3, 6, 2]
        let loss = { (outputs: ModelOutputs) in crossEntropy(logits: outputs["emotion"].values, labels: labels).item }
        #expect(loss(after) < 0.7 * loss(results))
    }

    @Test func sharing() throws {
        let pair = try Model(inputs: ["left": [.time, 40], "right": [.time, 40]]) {
            Block("encoder") { GRU(64); Dense(32) }.reading("left")
            Shared("encoder").named("other").reading("right")
            Multiply().reading("encoder", "other")
            Dense(1)
        }
        let (left, right) = (Tensor.normal([2, 9, 40], key: RandomKey(seed: 1)), Tensor.ones([2, 5, 40]))
        // The product does not mind which of the two is left.
        #expect(
            pair(["left": left, "right": right])["output"].values.scalars
                == pair(["left": right, "right": left])["output"].values.scalars)
    }

    @Test func misfits() {
        do {
            _ = try Model(input: [.time, 40]) {
                Residual { LSTM(64, output: .allSteps) }
                Dense(7)
            }
        } catch {
            print(error)
        }
        let error = #expect(throws: ShapeError.self) {
            try Model(input: [.time, 40]) { Residual { LSTM(64, output: .allSteps) }; Dense(7) }
        }
        let said = "residual1.add1 (add) expects inputs of one shape, but gets [time, 64] and [time, 40]. What comes out "
            + "of the layers of a Residual must have the shape that goes in. "
        #expect(error?.description.hasPrefix(said) == true)
    }

    @Test func looks() throws {
        let (joint, deep) = (try Self.joint(), try Self.deep())
        print(joint.summary())
        print(deep.summary(.mermaid))
    }

    @Test func trainedNetworks() throws {
        let (pretrained, block) = try Self.pretrained()
        func convolutions(_ widths: [Int]) -> Block { block(widths, nil) }
        var mine = try pretrained.replacingHead(classes: 4, seed: 2)
        try mine.freeze("features")
        print("\(mine.trainableCount) of \(mine.parameterCount) parameters are trained")
        #expect(mine.trainableCount == 64 * 4 + 4)
        var other = try Model(input: [.time, 40]) {
            convolutions([32, 64])
            LSTM(64)
            Dense(7)
        }
        try other.transfer(from: pretrained, under: "features")
        let report = try other.transfer(from: pretrained, isStrict: false)
        print(report)
        #expect(report.matched.count == 14 && report.missing.count == 4 && report.unexpected.isEmpty)
    }
}
