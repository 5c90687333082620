// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERSupport

extension Model {
    /// The model with another layer in the place of one, which begins with fresh weights; all others keep theirs.
    /// - Parameters:
    ///   - path: Where the layer stands, such as `dense2`.
    ///   - layer: What stands there then.
    ///   - seed: Decides the new layer's weights.
    /// - Throws: `ShapeError` when there is no such layer, the new one does not fit, or a layer behind it would need
    ///   weights
    ///   of another shape.
    public func replacing(_ path: String, with layer: some Layer, seed: UInt64 = 0) throws(ShapeError) -> Model {
        let kind = type(of: layer).kind
        guard graph.nodes.contains(where: { $0.path == path }) else {
            throw ShapeError(
                path: path, layer: kind, expected: "the path of a layer", got: "none of this network",
                hint: nearMatches(of: path, among: graph.nodes.map(\.path)).sentence)
        }
        let nodes = graph.nodes.map { node in
            Graph.Description(
                path: node.path, name: node.name, layer: node.path == path ? layer : node.layer, inputs: node.inputs)
        }
        var model = Model(graph: try Graph(inputs: graph.inputs, nodes: nodes, outputs: graph.outputs), seed: seed)
        try model.keep(parameters, at: \.parameters, except: path)
        try model.keep(state, at: \.state, except: path)
        model.standardization = standardization
        model.setFrozen(frozenPaths.filter { !isPath($0, under: path) }, true)
        return model
    }

    /// The model with another number of classes: the dense layer that gives the logits is replaced by one with fresh
    /// weights, and all others keep theirs.
    /// - Throws: `ShapeError` when the network does not end in a dense layer; then use ``replacing(_:with:seed:)``.
    public func replacingHead(classes: Int, seed: UInt64 = 0) throws(ShapeError) -> Model {
        var (path, dense) = try head(classes: classes)
        dense.units = classes
        return try replacing(path, with: dense, seed: seed)
    }

    /// The model with other classes: as ``replacingHead(classes:seed:)``, but classes that it knows keep what was learned
    /// of them, their rows of the head's weights. Where it knows just these in this order, it stays as it is.
    /// - Parameters:
    ///   - labels: The new classes, each once.
    ///   - known: The classes that the head tells apart now, in their order.
    ///   - seed: Decides the weights of classes that are new.
    /// - Throws: `ShapeError` when the network does not end in a dense layer with a row for each known class.
    public func replacingHead(
        labels: [String], knowing known: [String], seed: UInt64 = 0
    ) throws(ShapeError) -> Model {
        guard labels != known else { return self }
        let (path, dense) = try head(classes: labels.count)
        guard dense.units == known.count else {
            throw ShapeError(
                path: path, layer: Dense.kind, expected: "a row for each of the \(known.count) known classes",
                got: "\(dense.units)", hint: "Name the classes that the network was trained with, in their order.")
        }
        var model = try replacingHead(classes: labels.count, seed: seed)
        let places = Dictionary(known.enumerated().map { ($1, $0) }) { first, _ in first }
        for tensor in ["\(path).weight", "\(path).bias"] where parameters.contains(tensor) {
            model.parameters[tensor] = Self.rows(
                of: parameters[tensor], at: labels.map { places[$0] }, elseOf: model.parameters[tensor])
        }
        return model
    }

    /// Where the head stands, the dense layer that gives the logits.
    /// - Throws: `ShapeError` when the network does not end in one.
    package func head(classes: Int) throws(ShapeError) -> (path: String, layer: Dense) {
        var node = graph.outputs.count == 1 ? graph.outputs[0].source.node.map { graph.nodes[$0] } : nil
        // Layers that only pass the logits on may stand behind.
        while let last = node, last.layer is Dropout || last.layer is Softmax, last.inputs.count == 1 {
            node = last.inputs[0].node.map { graph.nodes[$0] }
        }
        guard let node, let dense = node.layer as? Dense else {
            throw ShapeError(
                path: node?.path ?? "", layer: "output", expected: "a network that ends in a dense layer",
                got: graph.outputs.count == 1
                    ? node.map { type(of: $0.layer).kind } ?? "input" : "\(graph.outputs.count) outputs",
                hint: "Name the layer to replace: replacing(\"path\", with: Dense(\(classes))).")
        }
        return (node.path, dense)
    }

    /// A tensor of rows, each one of the known tensor's where a place is given, else its own.
    private static func rows(of known: Tensor, at places: [Int?], elseOf fresh: Tensor) -> Tensor {
        let (old, new) = (known.scalars, fresh.scalars), width = new.count / max(places.count, 1)
        let values = places.enumerated().flatMap { row, place in
            place.map { old[$0 * width..<($0 + 1) * width] } ?? new[row * width..<(row + 1) * width]
        }
        return Tensor(values, shape: fresh.shape)
    }

    /// Takes over all tensors that do not stand under a path.
    private mutating func keep(
        _ old: Parameters, at place: WritableKeyPath<Model, Parameters>, except path: String
    ) throws(ShapeError) {
        for (name, tensor) in zip(old.paths, old.tensors) where !isPath(name, under: path) {
            guard self[keyPath: place].contains(name), self[keyPath: place][name].shape == tensor.shape else {
                throw ShapeError(
                    path: name, layer: "weights", expected: "the shape \(tensor.shape), as before",
                    got: self[keyPath: place].contains(name) ? "\(self[keyPath: place][name].shape)" : "none",
                    hint: "The new layer at '\(path)' must give the shape that the old one gave, or be the last one.")
            }
            self[keyPath: place][name] = tensor
        }
    }
}
