// SPDX-License-Identifier: Apache-2.0

import SERCore

/// What the current node says.
extension ONNXReader {
    func unfit(_ reason: String) -> InterchangeError {
        .node(
            path: file.path, name: current.name.isEmpty ? current.output.first ?? "" : current.name,
            operation: current.opType,
            reason: reason)
    }

    func input(_ index: Int) throws(InterchangeError) -> Value {
        guard index < current.input.count, !current.input[index].isEmpty else { return .absent }
        guard let value = values[current.input[index]] else {
            throw unfit("nothing before it computes its input '\(current.input[index])'")
        }
        return value
    }

    /// An input that a layer computes, batch first.
    func signal(_ index: Int, filled: ((Float) -> Bool)? = nil) throws(InterchangeError) -> Signal {
        guard case .signal(var signal) = try input(index), !signal.isTimeFirst else {
            throw unfit("its input \(index) is not what a layer computes")
        }
        if let fill = signal.fill {
            guard let filled, filled(fill) else { throw unfit("positions past the length hold \(fill) before it") }
            signal.fill = nil
        }
        return signal
    }

    func constant(_ index: Int) throws(InterchangeError) -> ONNXConstant? {
        switch try input(index) {
        case .absent: return nil
        case .constant(let constant): return constant
        default: throw unfit("its input \(index) is not a constant")
        }
    }

    /// Numbers that a layer learns.
    func tensor(_ index: Int) throws(InterchangeError) -> Tensor? {
        guard let constant = try constant(index) else { return nil }
        guard let tensor = constant.tensor else { throw unfit("its input \(index) does not hold 32-bit floats") }
        return tensor
    }

    func needed(_ index: Int) throws(InterchangeError) -> Tensor {
        guard let tensor = try tensor(index) else { throw unfit("its input \(index) is missing") }
        return tensor
    }

    /// Axes, from an attribute or, in later versions, an input.
    func axes(_ index: Int) throws(InterchangeError) -> [Int] {
        if let attribute = current.attribute.first(where: { $0.name == "axes" }) { return attribute.ints.map(Int.init) }
        guard let constant = try constant(index) else { return [] }
        guard let axes = constant.integers else { throw unfit("its axes are not whole numbers") }
        return axes
    }

    /// Lengths of axes, from a constant or from what ``Value/axes(_:)`` holds; a batch is ``Shape/Dimension/any``.
    func lengths(_ index: Int) throws(InterchangeError) -> [Shape.Dimension]? {
        switch try input(index) {
        case .axes(let lengths): return lengths
        case .constant(let constant): return constant.integers?.map { .fixed($0) }
        default: return nil
        }
    }

    func int(_ name: String, _ usual: Int) -> Int {
        current.attribute.first { $0.name == name }.map { Int($0.i) } ?? usual
    }

    func float(_ name: String, _ usual: Float) -> Float { current.attribute.first { $0.name == name }?.f ?? usual }

    func ints(_ name: String) -> [Int]? { current.attribute.first { $0.name == name }?.ints.map(Int.init) }

    func string(_ name: String, _ usual: String) -> String {
        current.attribute.first { $0.name == name }.map { String(decoding: $0.s, as: UTF8.self) } ?? usual
    }

    /// Throws for a setting that is not known, rather than ignore what it asks for.
    func allow(_ names: String...) throws(InterchangeError) {
        if let other = current.attribute.first(where: { !names.contains($0.name) }) {
            throw unfit("its setting '\(other.name)' is not supported")
        }
    }

    func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws(InterchangeError) {
        if !condition { throw unfit(reason()) }
    }
}
