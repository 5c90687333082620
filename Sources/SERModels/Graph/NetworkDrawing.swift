// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// A network as a drawing in the language of another program: blocks are frames around their layers.
struct NetworkDrawing {
    /// A block with its layers and the blocks inside it.
    private struct Frame {
        var title: String
        var lines: [Int] = []
        var frames: [Frame] = []

        mutating func insert(_ line: Int, _ path: ArraySlice<Substring>) {
            guard let first = path.first else { return lines.append(line) }
            if frames.last?.title != String(first) { frames.append(Frame(title: String(first))) }
            frames[frames.count - 1].insert(line, path.dropFirst())
        }
    }

    /// Frames beyond this depth are drawn as one.
    private static let deepest = 12

    private let network: NetworkLines
    private let lines: [NetworkLines.Line]
    private var root = Frame(title: "")

    init(_ network: NetworkLines) {
        self.network = network
        lines = network.all
        for (number, line) in lines.enumerated() {
            let isInput = number < network.inputs.count
            root.insert(number, isInput ? [] : blocks(of: line.name)[...])
        }
    }

    /// The blocks that a layer stands in, from the outermost.
    private func blocks(of name: String) -> [Substring] {
        Array(name.split(separator: ".", omittingEmptySubsequences: false).dropLast().prefix(Self.deepest))
    }

    /// What is written into a node: its name within the innermost frame, what it is, what comes out.
    private func texts(_ number: Int) -> [String] {
        let line = lines[number]
        guard number >= network.inputs.count else { return [line.name, line.output] }
        let local = line.name.split(separator: ".", omittingEmptySubsequences: false)
            .dropFirst(blocks(of: line.name).count).joined(separator: ".")
        var texts = [local]
        if line.isShared { texts.append("shares \(line.path)") }
        if !local.hasPrefix(line.kind) { texts.append(line.kind) }
        texts.append(line.output)
        if line.parameters > 0 {
            let frozen = line.frozen == line.parameters ? ", frozen" : line.frozen > 0 ? ", partly frozen" : ""
            texts.append("\(grouped(line.parameters)) parameters\(frozen)")
        }
        return texts
    }

    private func isInput(_ number: Int) -> Bool { number < network.inputs.count }

    private func edges(_ arrow: String) -> [String] {
        let inner = lines.indices.flatMap { number in lines[number].reads.map { "n\($0) \(arrow) n\(number)" } }
        return inner + network.outputs.enumerated().map { "n\($1.line) \(arrow) out\($0)" }
    }

    /// A flowchart in Mermaid's language.
    var mermaid: String {
        var frameCount = 0
        func draw(_ frame: Frame, _ indent: String) -> [String] {
            var text = frame.lines.map { number -> String in
                let label = texts(number).map(escaped).joined(separator: "<br/>")
                return isInput(number) ? "\(indent)n\(number)([\"\(label)\"])" : "\(indent)n\(number)[\"\(label)\"]"
            }
            for inner in frame.frames {
                frameCount += 1
                text.append("\(indent)subgraph f\(frameCount)[\"\(escaped(inner.title))\"]")
                text += draw(inner, indent + "  ")
                text.append("\(indent)end")
            }
            return text
        }
        func escaped(_ text: String) -> String {
            text.unicodeScalars.map { scalar in
                switch scalar {
                case "\"": return "#quot;"
                case "#": return "#35;"
                case "<": return "#lt;"
                case ">": return "#gt;"
                case "&": return "#amp;"
                case "\n", "\r", "\t": return " "
                // Two of these in a row would be Markdown.
                case "`": return "#96;"
                default: return String(scalar)
                }
            }.joined()
        }
        let outputs = network.outputs.enumerated().map { "  out\($0)([\"\(escaped($1.name))\"])" }
        return (["flowchart TD"] + draw(root, "  ") + outputs + edges("-->").map { "  " + $0 }).joined(separator: "\n")
    }

    /// A graph in Graphviz's language.
    var dot: String {
        var frameCount = 0
        func draw(_ frame: Frame, _ indent: String) -> [String] {
            var text = frame.lines.map { number -> String in
                let label = texts(number).map(escaped).joined(separator: "\\n")
                return "\(indent)n\(number) [label=\"\(label)\"\(isInput(number) ? ", shape=ellipse" : "")];"
            }
            for inner in frame.frames {
                frameCount += 1
                text.append("\(indent)subgraph cluster_\(frameCount) {")
                text.append("\(indent)  label=\"\(escaped(inner.title))\";")
                text += draw(inner, indent + "  ")
                text.append("\(indent)}")
            }
            return text
        }
        func escaped(_ text: String) -> String {
            text.unicodeScalars.map { scalar in
                switch scalar {
                case "\"": return "\\\""
                case "\\": return "\\\\"
                case "\n", "\r", "\t": return " "
                default: return String(scalar)
                }
            }.joined()
        }
        let outputs = network.outputs.enumerated().map { "  out\($0) [label=\"\(escaped($1.name))\", shape=ellipse];" }
        let head = ["digraph network {", "  node [shape=box, fontname=\"sans-serif\"];"]
        return (head + draw(root, "  ") + outputs + edges("->").map { "  \($0);" } + ["}"]).joined(separator: "\n")
    }
}
