// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERSupport

/// Turns what a builder made into a list of nodes: gives paths, finds what names refer to, and puts the nodes into an order
/// in which each reads from earlier ones.
struct GraphLowering {
    /// Where a value comes from.
    private enum Source: Hashable {
        case input(Int)
        case node(Int)
        /// What stands under a name, looked up from the scope outwards.
        case named(String, scope: String)
    }

    private struct Placed {
        var path: String
        var name: String
        var layer: any Layer
        var sources: [Source]
        var hint: String?
        var kind: String { type(of: layer).kind }
    }

    /// A block whose layers are being placed; prefixes end in a dot. They differ within a shared block only.
    private struct Scope {
        var path = ""
        var name = ""
        var ordinals: [String: Int] = [:]

        mutating func next(_ kind: String) -> String {
            ordinals[kind, default: 0] += 1
            return "\(kind)\(ordinals[kind, default: 1])"
        }
    }

    private let inputs: [Graph.Input]
    private var nodes: [Placed] = []
    /// What comes out under each name.
    private var results: [String: [Source]] = [:]
    /// What can be used once more under each name, and its path.
    private var parts: [String: (part: Block.Part, path: String)] = [:]

    private init(_ inputs: [Graph.Input]) { self.inputs = inputs }

    /// The nodes and outputs of a network.
    /// - Parameter outputs: The names of what comes out; none for the last layer alone.
    static func lower(
        _ network: Block, inputs: [Graph.Input], outputs: [String]
    ) throws(ShapeError) -> (nodes: [Graph.Description], outputs: [Graph.Output]) {
        var lowering = GraphLowering(inputs)
        for (index, input) in inputs.enumerated() {
            guard !input.name.isEmpty, lowering.results.updateValue([.input(index)], forKey: input.name) == nil else {
                throw duplicate(input.name, "input")
            }
        }
        var scope = Scope()
        let last = try lowering.place(network.elements, in: &scope, entry: inputs.count == 1 ? [.input(0)] : nil)
        return try lowering.ordered(outputs, last: last)
    }

    // MARK: Placing

    private mutating func place(
        _ elements: [Block.Element], in scope: inout Scope, entry: [Source]?
    ) throws(ShapeError) -> [Source]? {
        var current = entry
        for element in elements { current = try place(element, in: &scope, entry: current) }
        return current
    }

    private mutating func place(
        _ element: Block.Element, in scope: inout Scope, entry: [Source]?
    ) throws(ShapeError) -> [Source]? {
        let sources = element.sources?.map { Source.named($0, scope: scope.name) } ?? entry
        if case .sequence(let elements) = element.part, element.name == nil {
            return try place(elements, in: &scope, entry: sources)
        }
        // Those with names count too: a name changes no other's path.
        let ordinal = scope.next(element.part.kind)
        let local = element.name ?? ordinal
        let (path, name) = (scope.path + local, scope.name + local)
        guard !local.isEmpty, results[name] == nil else { throw Self.duplicate(name, element.part.kind) }
        let exits = try place(element.part, path: path, name: name, entry: sources)
        if let exits { results[name] = exits }
        if case .shared = element.part {} else { parts[name] = (element.part, path) }
        return exits
    }

    private mutating func place(
        _ part: Block.Part, path: String, name: String, entry: [Source]?
    ) throws(ShapeError) -> [Source]? {
        var inner = Scope(path: path + ".", name: name + ".")
        switch part {
        case .layer(let layer):
            return [try append(layer, path: path, name: name, sources: entry)]
        case .sequence(let elements):
            return try place(elements, in: &inner, entry: entry)
        case .residual(let elements):
            guard let entry else { throw unnamedInputs(name, part.kind) }
            guard entry.count == 1 else {
                throw ShapeError(
                    path: name, layer: part.kind, expected: "one input", got: "\(entry.count)",
                    hint: "Merge the inputs first.")
            }
            let exits = try place(elements, in: &inner, entry: entry) ?? []
            let hint =
                "What comes out of the layers of a Residual must have the shape that goes in. For another shape write "
                + "Parallel(merge: .sum) with a Dense or a convolution of kernel 1 as the second branch."
            return [try append(Add(), in: &inner, sources: exits + entry, hint: hint)]
        case .parallel(let merge, let branches):
            var exits: [Source] = []
            for (index, branch) in branches.enumerated() {
                var branch = branch
                if case .sequence = branch.part, branch.name == nil { branch.name = "branch\(index + 1)" }
                exits += try place(branch, in: &inner, entry: entry) ?? []
            }
            return [try append(merge, in: &inner, sources: exits)]
        case .repeated(let count, let elements):
            guard (0...LayerLimits.layers).contains(count) else {
                throw ShapeError(
                    path: name, layer: part.kind, expected: "a count from 0 to \(LayerLimits.layers)", got: "\(count)",
                    hint: "Say how many times the layers stand in a row.")
            }
            var current = entry
            for index in 0..<count {
                let element = Block.Element(part: .sequence(elements), name: "\(index + 1)")
                current = try place(element, in: &inner, entry: current)
            }
            return current
        case .shared(let original):
            guard let (full, shared) = lookUp(original, scope: name, in: parts) else {
                throw unknown(original, by: name, kind: part.kind, among: Array(parts.keys))
            }
            guard full != name else { throw Self.duplicate(name, part.kind) }
            return try place(shared.part, path: shared.path, name: name, entry: entry)
        }
    }

    private mutating func append(
        _ layer: any Layer, in scope: inout Scope, sources: [Source], hint: String? = nil
    ) throws(ShapeError) -> Source {
        let local = scope.next(type(of: layer).kind)
        let source = try append(
            layer, path: scope.path + local, name: scope.name + local, sources: sources, hint: hint)
        results[scope.name + local] = [source]
        parts[scope.name + local] = (.layer(layer), scope.path + local)
        return source
    }

    private mutating func append(
        _ layer: any Layer, path: String, name: String, sources: [Source]?, hint: String? = nil
    ) throws(ShapeError) -> Source {
        let kind = type(of: layer).kind
        guard let sources else { throw unnamedInputs(name, kind) }
        guard nodes.count < LayerLimits.layers else { throw Graph.tooManyNodes }
        nodes.append(Placed(path: path, name: name, layer: layer, sources: sources, hint: hint))
        return .node(nodes.count - 1)
    }

    // MARK: Names

    private static func duplicate(_ name: String, _ kind: String) -> ShapeError {
        ShapeError(
            path: name, layer: kind, expected: "a name of its own",
            got: name.isEmpty ? "none" : "one that stands twice",
            hint: "Give one of the two another name; to use a layer twice with one set of weights, write Shared.")
    }

    private func unnamedInputs(_ name: String, _ kind: String) -> ShapeError {
        ShapeError(
            path: name, layer: kind, expected: "the names of what it reads",
            got: "none, in a network of \(inputs.count) inputs: \(inputs.map(\.name).joined(separator: ", "))",
            hint: "Add .reading(\"\(inputs.first?.name ?? "")\"), say.")
    }

    private func unknown(_ name: String, by reader: String, kind: String, among known: [String]) -> ShapeError {
        ShapeError(
            path: reader, layer: kind, expected: "the name of a layer, a block or an input", got: "'\(name)'",
            hint: nearMatches(of: name, among: known).sentence)
    }

    /// What stands under a name in the innermost scope that has it.
    private func lookUp<Value>(_ name: String, scope: String, in table: [String: Value]) -> (String, Value)? {
        var parts = scope.split(separator: ".", omittingEmptySubsequences: false).dropLast()
        while true {
            let full = (parts + [Substring(name)]).joined(separator: ".")
            if let value = table[full] { return (full, value) }
            guard !parts.isEmpty else { return nil }
            parts = parts.dropLast()
        }
    }

    /// The inputs and nodes that a source stands for.
    private func resolve(_ source: Source, by reader: String, kind: String) throws(ShapeError) -> [Source] {
        var result: [Source] = []
        var open = [source]
        var seen: Set<Source> = []
        while let next = open.popLast() {
            guard case .named(let name, let scope) = next else {
                result.append(next)
                continue
            }
            guard let (_, exits) = lookUp(name, scope: scope, in: results) else {
                throw unknown(name, by: reader, kind: kind, among: Array(results.keys))
            }
            guard seen.insert(next).inserted else { throw Self.cycle([name, name], at: reader, kind: kind) }
            open += exits.reversed()
        }
        return result
    }

    // MARK: Order

    private func ordered(
        _ names: [String], last: [Source]?
    ) throws(ShapeError) -> (nodes: [Graph.Description], outputs: [Graph.Output]) {
        var sources: [[Source]] = []
        for node in nodes {
            var resolved: [Source] = []
            for source in node.sources { resolved += try resolve(source, by: node.name, kind: node.kind) }
            sources.append(resolved)
        }
        let order = try order(sources)
        var places = [Int](repeating: 0, count: nodes.count)
        for (place, index) in order.enumerated() { places[index] = place }
        func place(_ source: Source) -> Graph.Source {
            switch source {
            case .input(let index): return .input(index)
            case .node(let index): return .node(places[index])
            case .named: return .input(0)
            }
        }
        let described = order.map { index in
            Graph.Description(
                path: nodes[index].path, name: nodes[index].name, layer: nodes[index].layer,
                inputs: sources[index].map(place), hint: nodes[index].hint)
        }
        var outputs: [Graph.Output] = []
        for name in names.isEmpty ? ["output"] : names {
            var found: [Source] = []
            for source in names.isEmpty ? last ?? [] : [.named(name, scope: "")] {
                found += try resolve(source, by: name, kind: "output")
            }
            guard found.count == 1, let source = found.first else {
                throw ShapeError(
                    path: name, layer: "output", expected: "one result", got: "\(found.count)",
                    hint: "Merge them first, or name several outputs.")
            }
            outputs.append(Graph.Output(name: name, source: place(source)))
        }
        return (described, outputs)
    }

    /// The nodes in the order of the text, except that those that are read come before those that read them.
    private func order(_ sources: [[Source]]) throws(ShapeError) -> [Int] {
        var order: [Int] = []
        var isPlaced = [Bool](repeating: false, count: sources.count)
        func waitsFor(_ index: Int) -> Int? {
            for case .node(let source) in sources[index] where !isPlaced[source] { return source }
            return nil
        }
        for start in sources.indices where !isPlaced[start] {
            // Depth first with a stack of its own: graphs may be deep.
            var stack = [start]
            var onStack: Set<Int> = [start]
            while let index = stack.last {
                if let source = waitsFor(index) {
                    guard onStack.insert(source).inserted else {
                        let loop = Array(stack[(stack.firstIndex(of: source) ?? 0)...].reversed())
                        let path = [nodes[source].name] + loop.map { nodes[$0].name }
                        throw Self.cycle(path, at: nodes[source].name, kind: nodes[source].kind)
                    }
                    stack.append(source)
                } else {
                    order.append(index)
                    isPlaced[index] = true
                    onStack.remove(index)
                    stack.removeLast()
                }
            }
        }
        return order
    }

    private static func cycle(_ names: [String], at path: String, kind: String) -> ShapeError {
        ShapeError(
            path: path, layer: kind, expected: "inputs that do not depend on it",
            got: "a cycle: \(names.joined(separator: " -> "))", hint: "Let one of them read something else.")
    }
}

extension Block.Part {
    /// What paths and messages call the part.
    var kind: String {
        switch self {
        case .layer(let layer): return type(of: layer).kind
        case .sequence: return "block"
        case .residual: return "residual"
        case .parallel: return "parallel"
        case .repeated: return "repeat"
        case .shared: return "shared"
        }
    }
}
