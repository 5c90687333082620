// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERModels
import Testing

@Suite struct SummaryTests {
    private func network() throws -> Model {
        var model = try Model(
            inputs: ["speech": [.time, 40], "prosody \"raw\"": [8]], outputs: ["emotion", "speaker"]
        ) {
            Residual { LSTM(40, output: .allSteps) }.reading("speech")
            GlobalAveragePool().named("pool")
            Dense(40).named("first").reading("prosody \"raw\"")
            Concatenate().reading("pool", "first")
            Dense(7).named("emotion")
            Dense(2).named("speaker").reading("concatenate1")
        }
        try model.freeze("residual1")
        return model
    }

    @Test func tableSaysWhoReadsWhat() throws {
        let lines = try network().summary().split(separator: "\n").map(String.init)
        #expect(lines[0].split(separator: " ").joined(separator: " ") == "# Layer Kind Reads Output Parameters Frozen")
        func row(_ name: String) -> [Substring] {
            lines.first { $0.contains(" \(name) ") }?.split(separator: " ") ?? []
        }
        #expect(row("residual1.add1") == ["3", "residual1.add1", "add", "2,", "0", "[time,", "40]", "0"])
        #expect(row("residual1.lstm1").suffix(2) == ["13,120", "all"])
        #expect(row("concatenate1") == ["6", "concatenate1", "concatenate", "4,", "5", "[80]", "0"])
        #expect(lines.contains("outputs: emotion (7), speaker (8)"))
        #expect(lines.last == "14,209 parameters (1,089 of them trained), 0 numbers of running state", "\(lines)")
        #expect(!lines.contains { $0.hasSuffix(" ") })
        let chain = try Architecture.gru.model(classes: 7).summary()
        #expect(!chain.contains("Reads") && !chain.contains("Frozen"))
    }

    @Test func drawingsHaveEveryNodeAndEdge() throws {
        let model = try network()
        let edges = model.graph.nodes.reduce(0) { $0 + $1.inputs.count } + 2
        let dot = model.summary(.dot), mermaid = model.summary(.mermaid)
        #expect(dot.components(separatedBy: " -> ").count - 1 == edges)
        #expect(mermaid.components(separatedBy: " --> ").count - 1 == edges)
        #expect(dot.hasPrefix("digraph network {\n") && dot.hasSuffix("\n}"))
        #expect(dot.contains("label=\"residual1\"") && dot.contains("label=\"prosody \\\"raw\\\"\\n[8]\""))
        #expect(mermaid.hasPrefix("flowchart TD\n") && mermaid.contains("prosody #quot;raw#quot;"))
        #expect(mermaid.components(separatedBy: "subgraph").count == mermaid.components(separatedBy: "  end").count)
        #expect(dot.contains("13,120 parameters, frozen"))
    }

    @Test func jsonIsWhole() throws {
        let model = try network()
        let object = try JSONSerialization.jsonObject(with: Data(model.summary(.json).utf8)) as? [String: Any]
        let layers = object?["layers"] as? [[String: Any]] ?? []
        #expect(layers.count == model.graph.nodes.count)
        #expect(layers.last?["reads"] as? [String] == ["concatenate1"])
        #expect(object?["parameters"] as? Int == model.parameterCount && object?["trainable"] as? Int == 1_089)
        #expect((object?["outputs"] as? [[String: String]])?.map { $0["name"] } == ["emotion", "speaker"])
    }

    @Test func sharedLayersCountOnce() throws {
        let model = try Model(inputs: ["a": [8], "b": [8]]) {
            Dense(4).named("encoder").reading("a")
            Shared("encoder").named("second").reading("b")
            Add().reading("encoder", "second")
        }
        let text = model.summary()
        #expect(text.contains("dense (shares encoder)") && text.contains("36 parameters"))
    }
}
