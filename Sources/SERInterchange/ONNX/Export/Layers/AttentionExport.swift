// SPDX-License-Identifier: Apache-2.0

import SERCore

extension AttentionPooling: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let x = graph.masked(inputs[0], with: 0)
        let hidden = units == nil ? x : graph.add("Tanh", [graph.product(x, weight: "weight", bias: "bias")])
        let vector = graph.parameter("vector")
        let column = graph.constant(vector.reshaped([vector.count, 1]), name: "vector")
        // [batch, 1, time] times [batch, time, features].
        let weights = graph.attention(graph.swapped(graph.add("MatMul", [hidden, column])), [1, .time], of: inputs[0])
        let read = graph.add("MatMul", [weights, x])
        return ONNXSignal(graph.add("Squeeze", [read, graph.constant([1])]), shape: [inputs[0].shape[1]])
    }
}

extension MultiHeadSelfAttention: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        guard let features = inputs[0].shape.last?.length else {
            throw graph.unfit("its number of features is not known", hint: "Put a dense layer in front.")
        }
        let size = features / heads
        let x = graph.masked(inputs[0], with: 0)
        let projected = graph.product(x, weight: "in_proj_weight", bias: bias ? "in_proj_bias" : nil)
        let parted = graph.add("Reshape", [projected, graph.constant([0, 0, 3, heads, size])])
        // [3, batch, heads, time, size]: queries, keys, values.
        let ordered = graph.add("Transpose", [parted], attributes: [("perm", .ints([2, 0, 3, 1, 4]))])
        let parts = (0..<3).map { part in
            graph.add("Gather", [ordered, graph.scalar(part)], attributes: [("axis", .int(0))])
        }
        let queries = graph.add("Mul", [parts[0], graph.constant(1 / Float(size).squareRoot())])
        let keys = graph.add("Transpose", [parts[1]], attributes: [("perm", .ints([0, 1, 3, 2]))])
        let scores = graph.add("MatMul", [queries, keys])
        let weights = graph.attention(scores, [.fixed(heads), .any, .time], of: inputs[0])
        let read = graph.add(
            "Transpose", [graph.add("MatMul", [weights, parts[2]])], attributes: [("perm", .ints([0, 2, 1, 3]))])
        let joined = graph.add("Reshape", [read, graph.constant([0, 0, features])])
        var result = inputs[0]
        result.name = graph.product(joined, weight: "out_proj.weight", bias: bias ? "out_proj.bias" : nil)
        return result
    }
}

extension AdditiveSelfAttention: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let x = graph.masked(inputs[0], with: 0)
        let queries = graph.add(
            "Unsqueeze", [graph.product(x, weight: "query.weight", bias: "bias"), graph.constant([2])])
        let keys = graph.add("Unsqueeze", [graph.product(x, weight: "key.weight", bias: nil), graph.constant([1])])
        let sums = graph.add("Tanh", [graph.add("Add", [queries, keys])])
        let column = graph.constant(graph.parameter("vector").reshaped([units, 1]), name: "vector")
        let scores = graph.add("Squeeze", [graph.add("MatMul", [sums, column]), graph.constant([3])])
        var result = inputs[0]
        result.name = graph.add("MatMul", [graph.attention(scores, [.any, .time], of: inputs[0]), x])
        return result
    }
}

extension AttentiveStatisticsPooling: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        guard let features = inputs[0].shape.last?.length else {
            throw graph.unfit("its number of features is not known", hint: "Put a dense layer in front.")
        }
        let x = graph.masked(inputs[0], with: 0)
        let hidden = graph.add("Tanh", [graph.product(x, weight: "weight", bias: "bias")])
        let scores = graph.swapped(graph.product(hidden, weight: "vectors", bias: nil))
        // [batch, heads, 1, time] times [batch, heads, time, features of a head].
        let weights = graph.add(
            "Unsqueeze", [graph.attention(scores, [.fixed(heads), .time], of: inputs[0]), graph.constant([2])])
        let parted = graph.add("Reshape", [x, graph.constant([0, 0, heads, features / heads])])
        let parts = graph.add("Transpose", [parted], attributes: [("perm", .ints([0, 2, 1, 3]))])
        let means = graph.add("MatMul", [weights, parts])
        let distances = graph.add("Sub", [parts, means])
        let variances = graph.add("MatMul", [weights, graph.add("Mul", [distances, distances])])
        let flat = graph.constant([0, features])
        let deviations = graph.add(
            "Sqrt", [graph.add("Add", [graph.add("Reshape", [variances, flat]), graph.constant(epsilon)])])
        let name = graph.add(
            "Concat", [graph.add("Reshape", [means, flat]), deviations], attributes: [("axis", .int(1))])
        return ONNXSignal(name, shape: [.fixed(2 * features)])
    }
}

extension ONNXWriter {
    /// x W^T + b over the last axis, with parameters of the given names.
    fileprivate mutating func product(_ x: String, weight: String, bias: String?) -> String {
        let product = add("MatMul", [x, constant(parameter(weight).transposed(), name: "\(weight)_t")])
        return bias.map { add("Add", [product, constant(parameter($0), name: $0)]) } ?? product
    }

    /// The softmax of scores over their last axis, which is the time of `input`; steps past a row's length get nothing.
    fileprivate mutating func attention(_ scores: String, _ shape: Shape, of input: ONNXSignal) -> String {
        let signal = ONNXSignal(scores, shape: shape, lengths: input.lengths)
        return add("Softmax", [masked(signal, with: Self.lowest)], attributes: [("axis", .int(-1))])
    }
}
