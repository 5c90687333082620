// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERModels
import SERSupport
import SwiftProtobuf

extension Model {
    /// Reads a network from an ONNX file: classifiers, in a row or with branches, of the operators that
    /// ``onnx(foldingBatchNorm:)`` writes (Docs/Interchange.md lists them).
    /// - Throws: ``InterchangeError``, which names the node and the operator that cannot be read.
    public init(contentsOfONNX file: URL) throws(InterchangeError) {
        try self.init(ONNXFile(contentsOf: file))
    }

    /// Reads a network from the bytes of an ONNX file.
    /// - Parameter path: What errors call the file.
    package static func reading(_ data: Data, path: String = "model.onnx") throws(InterchangeError) -> Model {
        try Model(ONNXFile(data, path: path))
    }

    init(_ file: ONNXFile) throws(InterchangeError) {
        var reader = try ONNXReader(file)
        self = try reader.model()
    }
}

/// An ONNX file, read but not yet understood.
struct ONNXFile {
    let path: String
    let model: Onnx_ModelProto
    /// Its length in bytes.
    let size: Int

    /// As much as a message of protobuf can hold, 2 GiB.
    private static let mostBytes = 1 << 31

    init(contentsOf file: URL) throws(InterchangeError) {
        // Read, not mapped: what a map shows changes, or ends the process, when somebody rewrites the file.
        let data: Data
        do throws(FileReadError) { data = try Data(ofFile: file, most: Self.mostBytes) } catch {
            throw .unreadable(path: file.path, reason: error.reason)
        }
        try self.init(data, path: file.path)
    }

    init(_ data: Data, path: String) throws(InterchangeError) {
        self.path = path
        size = data.count
        guard !TorchArchive.isOne(Array(data.prefix(TorchArchive.startLength))) else {
            throw .malformed(
                path: path,
                reason: "a file of torch.save, not of ONNX; write one in Python with "
                    + "torch.onnx.export(model, (example,), \"model.onnx\")")
        }
        do { model = try Onnx_ModelProto(serializedBytes: data) } catch {
            throw .malformed(path: path, reason: "not an ONNX file, or damaged")
        }
        guard model.hasGraph, !model.graph.node.isEmpty else {
            throw .malformed(path: path, reason: "not an ONNX file: it holds no graph")
        }
        let opset = model.opsetImport.first { $0.domain.isEmpty || $0.domain == "ai.onnx" }?.version ?? 0
        guard opset >= 13 else {
            throw .malformed(path: path, reason: "its operators are of version \(opset), and those from 13 on are read")
        }
    }

    /// What the file says of itself under a name.
    func metadata(_ key: String) -> String? { model.metadataProps.first { $0.key == key }?.value }
}

/// Walks through the nodes of an ONNX graph and makes layers of them.
///
/// Everything in the graph that only tells apart valid and padded positions has no layer here, where lengths travel with
/// the values. So that nothing is taken for that which is something else, lengths are computed for rows of 1 to
/// 64 steps, and must come out as the layers' own.
struct ONNXReader {
    /// A value that flows between layers; its axes are as in the ONNX graph.
    struct Signal {
        /// What it is the result of.
        var source: Graph.Source
        /// Without the batch axis.
        var shape: Shape
        /// What rows of 1 to 64 steps have become.
        var lengths: [Int]
        /// The axes are [time, batch, ...], as recurrent operators want them.
        var isTimeFirst = false
        /// What stands at positions past the length, where the graph has put it there.
        var fill: Float?
    }

    /// The states of a recurrent operator before the directions are one.
    struct States {
        enum Form { case all, allBeside, last, lastBeside }
        var input: Signal
        var layer: RecurrentLayer
        var form: Form
    }

    enum Value {
        case absent
        case constant(ONNXConstant)
        case signal(Signal)
        case states(States)
        /// The sum over the valid positions of a signal.
        case sum(Signal)
        /// For rows of 1 to 64 steps, a number each; [batch, 1] if `isColumn`.
        case lengths([Int], isColumn: Bool)
        /// The length of an axis; nil where it is not known.
        case extent(Int?)
        /// Lengths of axes: those that `Shape` gives, and what is picked from them and put together.
        case axes([Shape.Dimension])
        /// 0, 1, 2, ... along time.
        case positions
        /// Whether a position is valid; the time axis, and the number of axes.
        case mask([Int], axis: Int, rank: Int)
    }

    struct Node {
        var path: String
        var layer: any Layer
        var inputs: [Graph.Source]
        var tensors: [String: Tensor]
    }

    let file: ONNXFile
    var values: [String: Value] = [:]
    var nodes: [Node] = []
    /// How often each value is read.
    var readers: [String: Int] = [:]
    private var input: Shape = []
    private var ordinals: [String: Int] = [:]
    private var paths: Set<String> = []
    var current = Onnx_NodeProto()
    /// Bytes that folded constants may still take.
    var room: Int
    /// The length of the batch, where the file fixes one.
    private(set) var batch: Int?
    /// The nodes that stand for a softmax and its logarithm.
    private var logarithms: Set<Int> = []

    static let sampleLengths = Array(1...64)

    init(_ file: ONNXFile) throws(InterchangeError) {
        self.file = file
        room = 4 * file.size + Self.foldingRoom
        let path = file.path
        let malformed = { (reason: String) in InterchangeError.malformed(path: path, reason: reason) }
        for tensor in file.model.graph.initializer {
            guard values[tensor.name] == nil else { throw malformed("two constants are called '\(tensor.name)'") }
            values[tensor.name] = .constant(try ONNXConstant(tensor, malformed: malformed))
        }
        for node in file.model.graph.node { for name in node.input { readers[name, default: 0] += 1 } }
        for output in file.model.graph.output { readers[output.name, default: 0] += 1 }
        try readInputs(malformed)
    }

    private mutating func readInputs(_ malformed: (String) -> InterchangeError) throws(InterchangeError) {
        guard !file.model.graph.input.contains(where: { $0.name == "samples" }) else {
            throw malformed("its features are part of the graph, and networks alone are read: export it without them")
        }
        var hasInput = false
        for value in file.model.graph.input where values[value.name] == nil {
            let type = value.type.tensorType
            let dimensions = type.shape.dim
            if type.elemType == Int32(Onnx_TensorProto.DataType.int64.rawValue), dimensions.count == 1 {
                values[value.name] = .lengths(Self.sampleLengths, isColumn: false)
                continue
            }
            guard type.elemType == Int32(Onnx_TensorProto.DataType.float.rawValue), !hasInput,
                (2...4).contains(dimensions.count)
            else {
                throw malformed(
                    "the input '\(value.name)' is not one batch of 32-bit floats of 2 to 4 axes, nor lengths of int64")
            }
            hasInput = true
            var shape = Shape([Shape.Dimension]())
            for dimension in dimensions.dropFirst() {
                guard case .dimValue(let length)? = dimension.value else {
                    shape.dimensions.append(.time)
                    continue
                }
                guard (1...(1 << 24)).contains(length) else {
                    throw malformed("the input '\(value.name)' has an axis of length \(length)")
                }
                shape.dimensions.append(.fixed(Int(length)))
            }
            guard shape.dimensions.filter({ $0 == .time }).count <= 1 else {
                throw malformed("the input '\(value.name)' has several axes of unknown length beside the batch")
            }
            guard Self.isSmall(shape) else { throw malformed("the input '\(value.name)' of \(shape) is too large") }
            input = shape
            if case .dimValue(let length)? = dimensions[0].value { batch = Int(exactly: length) }
            values[value.name] = .signal(Signal(source: .input(0), shape: shape, lengths: Self.sampleLengths))
        }
        guard hasInput else { throw malformed("it has no input") }
    }

    /// - Parameter droppingSoftmax: Whether a softmax at the end is left out.
    mutating func model(droppingSoftmax: Bool = false) throws(InterchangeError) -> Model {
        var named = Set(file.model.graph.initializer.map(\.name) + file.model.graph.input.map(\.name))
        for node in file.model.graph.node {
            current = node
            try require(
                node.attribute.allSatisfy { $0.f.isFinite && $0.floats.allSatisfy(\.isFinite) },
                "one of its settings is not a number")
            let results = try read(node)
            for (name, value) in zip(node.output, results) where !name.isEmpty {
                guard named.insert(name).inserted else { throw unfit("'\(name)' is there before it") }
                values[name] = value
            }
            guard node.output.count <= results.count else { throw unfit("it has \(node.output.count) outputs") }
        }
        guard file.model.graph.output.count == 1, case .signal(let output)? = values[file.model.graph.output[0].name],
            !output.isTimeFirst, let end = output.source.node
        else {
            throw .malformed(path: file.path, reason: "it does not have one output that its layers compute")
        }
        let last = nodes[end]
        if droppingSoftmax, last.layer is Sigmoid {
            throw .malformed(
                path: file.path,
                reason: "its last operator is a sigmoid, so each label is true or false apart from the others, and a "
                    + "recognizer gives one label a clip. Train the network with a softmax; or, if each clip has one "
                    + "label, export it without the sigmoid, and its logits are read as those of a softmax")
        }
        if droppingSoftmax, last.layer is Softmax, let before = last.inputs.first?.node {
            return try assembled(upTo: before)
        }
        return try assembled(upTo: end)
    }

    /// A softmax whose logarithm comes out; kept only where the end of the network is left out.
    mutating func emitLogSoftmax(_ x: Signal) throws(InterchangeError) -> Signal {
        let result = try emit(Softmax(), [x])
        if let place = result.source.node { logarithms.insert(place) }
        return result
    }

    /// The layers that the output depends on as a network with weights.
    private func assembled(upTo last: Int) throws(InterchangeError) -> Model {
        var isNeeded = [Bool](repeating: false, count: nodes.count)
        isNeeded[last] = true
        for index in (0...last).reversed() where isNeeded[index] {
            for source in nodes[index].inputs.compactMap(\.node) { isNeeded[source] = true }
        }
        let kept = nodes.indices.filter { isNeeded[$0] }
        if let logarithm = kept.first(where: { logarithms.contains($0) }) {
            throw .node(
                path: file.path, name: nodes[logarithm].path, operation: "LogSoftmax",
                reason: "only that of a recognizer is left out, at the end; export the network without it")
        }
        let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($0.element, $0.offset) })
        let described = kept.map { index in
            let node = nodes[index]
            let sources = node.inputs.map { $0.node.flatMap { places[$0] }.map(Graph.Source.node) ?? .input(0) }
            return Graph.Description(path: node.path, layer: node.layer, inputs: sources)
        }
        let graph: Graph
        do throws(ShapeError) {
            graph = try Graph(inputs: [Graph.Input(name: "input", shape: input)], nodes: described)
        } catch {
            throw .malformed(path: file.path, reason: "its layers do not make a network: \(error)")
        }
        var model = Model(graph: graph)
        for index in kept {
            for (name, tensor) in nodes[index].tensors {
                let path = "\(nodes[index].path).\(name)"
                if model.parameters.contains(path) {
                    model.parameters[path] = tensor
                } else {
                    model.state[path] = tensor
                }
            }
        }
        return model
    }

    // MARK: Layers

    /// Whether a clip has few enough values between two layers to compute with; no network is meant that has more.
    static func isSmall(_ shape: Shape) -> Bool {
        var count = 1
        for length in shape.dimensions.compactMap(\.length) {
            let (next, overflow) = count.multipliedReportingOverflow(by: length)
            guard !overflow, next <= 1 << 31 else { return false }
            count = next
        }
        return true
    }

    /// Adds a layer with its weights.
    /// - Parameter weight: The name of its weight in the file, which tells the layer's path where it ends in `.weight`.
    mutating func emit(
        _ layer: any Layer, _ inputs: [Signal], weight: String? = nil, tensors: [String: Tensor] = [:]
    ) throws(InterchangeError) -> Signal {
        let shapes = inputs.map(\.shape)
        let shape: Shape
        do throws(ShapeError) { shape = try layer.outputShape(for: shapes) } catch { throw unfit(error.description) }
        try require(Self.isSmall(shape), "what comes out, \(shape), is too large")
        for declared in layer.parameters(for: shapes) + layer.state(for: shapes) {
            guard let tensor = tensors[declared.name], tensor.shape == declared.shape else {
                throw unfit(
                    "its \(declared.name) must be \(declared.shape), and is \(tensors[declared.name]?.shape ?? [])")
            }
        }
        let first = inputs.first?.lengths ?? Self.sampleLengths
        nodes.append(
            Node(path: path(type(of: layer).kind, weight), layer: layer, inputs: inputs.map(\.source), tensors: tensors)
        )
        return Signal(source: .node(nodes.count - 1), shape: shape, lengths: first.map { layer.outputLength(for: $0) })
    }

    private mutating func path(_ kind: String, _ weight: String?) -> String {
        if let weight, let end = weight.range(of: ".weight", options: .backwards) {
            let name = String(weight[..<end.lowerBound])
            let isPlain = !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
            if isPlain, paths.insert(name).inserted { return name }
        }
        repeat { ordinals[kind, default: 0] += 1 } while !paths.insert("\(kind)\(ordinals[kind] ?? 0)").inserted
        return "\(kind)\(ordinals[kind] ?? 0)"
    }

    /// Axes in another order; two orders that undo each other leave nothing.
    mutating func permuted(_ signal: Signal, _ order: [Int]) throws(InterchangeError) -> Signal {
        if order == Array(0..<order.count) { return signal }
        var result: Signal
        if let place = signal.source.node, let before = nodes[place].layer as? Permute,
            before.order.count == order.count,
            order.map({ before.order[$0] }) == Array(0..<order.count)
        {
            result = signal
            result.source = nodes[place].inputs[0]
            result.shape = Shape(order.map { signal.shape[$0] })
        } else {
            result = try emit(Permute(order), [signal])
            result.lengths = signal.lengths
        }
        result.fill = signal.fill
        return result
    }

    /// The path of the layer that has just been added is known; this one replaces it.
    mutating func replaceLast(_ layer: any Layer, adding tensors: [String: Tensor]) {
        nodes[nodes.count - 1].layer = layer
        nodes[nodes.count - 1].tensors.merge(tensors) { $1 }
    }
}
