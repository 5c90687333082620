// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERSupport

/// How ``Model/summary(_:)`` draws a network.
public enum SummaryFormat: String, Sendable, CaseIterable {
    /// A table for a terminal.
    case table
    /// A flowchart in Mermaid's language, which Markdown viewers draw.
    case mermaid
    /// A graph in Graphviz's language: `dot -Tsvg`.
    case dot
    /// JSON, for programs.
    case json
}

extension Model {
    /// How many numbers are learned.
    public var parameterCount: Int { parameters.scalarCount }

    /// How many numbers are learned and not frozen.
    public var trainableCount: Int { parameterCount - count(of: parameters.frozenPaths) }

    /// The layers with what they read, the shapes that come out and the numbers they learn: a table, or the network as
    /// another program reads it.
    public func summary(_ format: SummaryFormat = .table) -> String {
        let lines = NetworkLines(self)
        switch format {
        case .table: return lines.table
        case .mermaid: return NetworkDrawing(lines).mermaid
        case .dot: return NetworkDrawing(lines).dot
        case .json: return lines.json
        }
    }

    func count(of paths: [String]) -> Int { paths.reduce(0) { $0 + parameters[$1].count } }
}

/// What a summary says of a network: a line for each input and node.
struct NetworkLines {
    struct Line: Encodable {
        var name: String
        /// Where the weights are; the name, unless the layer of another node is used once more.
        var path: String
        var kind: String
        /// The numbers of the lines that feed this one.
        var reads: [Int]
        var output: String
        var parameters: Int
        var frozen: Int

        var isShared: Bool { path != name }
    }

    let inputs: [Line]
    let nodes: [Line]
    let outputs: [(name: String, line: Int)]
    let parameters: Int
    let trainable: Int
    let state: Int

    var all: [Line] { inputs + nodes }

    init(_ model: Model) {
        let graph = model.graph
        let frozen = Set(model.parameters.frozenPaths)
        inputs = graph.inputs.map { input in
            Line(
                name: input.name, path: input.name, kind: "", reads: [], output: "\(input.shape)", parameters: 0,
                frozen: 0)
        }
        nodes = zip(graph.nodes, graph.scopes).map { node, scope in
            let paths =
                node.name == node.path ? scope.parameters.map { graph.parameterDeclarations[$0.index].path } : []
            return Line(
                name: node.name, path: node.path, kind: type(of: node.layer).kind,
                reads: node.inputs.map { $0.place(afterInputs: graph.inputs.count) }, output: "\(node.shape)",
                parameters: model.count(of: paths), frozen: model.count(of: paths.filter(frozen.contains)))
        }
        outputs = graph.outputs.map { ($0.name, $0.source.place(afterInputs: graph.inputs.count)) }
        parameters = model.parameterCount
        trainable = model.trainableCount
        state = model.state.scalarCount
    }

    /// Whether every layer reads the one above it, and nothing else is worth a column.
    private var isChain: Bool {
        inputs.count == 1 && outputs.count == 1 && nodes.enumerated().allSatisfy { $1.reads == [$0] && !$1.isShared }
    }

    /// Numbers and sources stand in the table of a network with branches only: a chain reads better without.
    package var table: String {
        let hasFrozen = trainable < parameters
        var rows = [["#", "Layer", "Kind", "Reads", "Output", "Parameters", "Frozen"]]
        for (number, line) in all.enumerated() {
            let kind = line.isShared ? "\(line.kind) (shares \(line.path))" : line.kind
            rows.append([
                "\(number)", line.name, kind, line.reads.map { "\($0)" }.joined(separator: ", "), line.output,
                grouped(line.parameters),
                line.frozen == 0 ? "" : line.frozen == line.parameters ? "all" : grouped(line.frozen),
            ])
        }
        let columns = [1, 2, 4, 5]
        let shown = (isChain ? columns : [0, 1, 2, 3, 4, 5]) + (hasFrozen ? [6] : [])
        rows = rows.map { row in shown.map { row[$0] } }
        let isNumber = shown.map { $0 == 0 || $0 >= 5 }
        let widths = shown.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let text = zip(row, zip(widths, isNumber)).map { cell, column in
                let padding = String(repeating: " ", count: column.0 - cell.count)
                return column.1 ? padding + cell : cell + padding
            }.joined(separator: "  ")
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
        let rule = String(repeating: "-", count: widths.reduce(0, +) + 2 * (widths.count - 1))
        var text = [lines[0], rule] + lines.dropFirst() + [rule]
        if outputs.count > 1 || outputs.contains(where: { $0.name != "output" }) {
            text.append("outputs: " + outputs.map { "\($0.name) (\($0.line))" }.joined(separator: ", "))
        }
        let numbers =
            "\(grouped(parameters)) parameters" + (hasFrozen ? " (\(grouped(trainable)) of them trained)" : "")
        text.append("\(numbers), \(grouped(state)) numbers of running state")
        return text.joined(separator: "\n")
    }

    private struct Report: Encodable {
        struct Layer: Encodable {
            let name, path, kind, output: String
            let reads: [String]
            let parameters, frozen: Int
        }
        struct Port: Encodable {
            let name, shape, from: String
        }
        let input, output: String
        let inputs, outputs: [Port]
        let layers: [Layer]
        let parameters, trainable, state: Int
    }

    package var json: String {
        let all = all
        let report = Report(
            input: inputs.first?.output ?? "", output: outputs.first.map { all[$0.line].output } ?? "",
            inputs: inputs.map { .init(name: $0.name, shape: $0.output, from: $0.name) },
            outputs: outputs.map { .init(name: $0.name, shape: all[$0.line].output, from: all[$0.line].name) },
            layers: nodes.map { line in
                .init(
                    name: line.name, path: line.path, kind: line.kind, output: line.output,
                    reads: line.reads.map { all[$0].name }, parameters: line.parameters, frozen: line.frozen)
            },
            parameters: parameters, trainable: trainable, state: state)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        do { return String(decoding: try encoder.encode(report), as: UTF8.self) } catch {
            stop("Model: the summary cannot be written as JSON: \(error)")  // texts and whole numbers always can
        }
    }
}
