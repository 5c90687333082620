// SPDX-License-Identifier: Apache-2.0

/// Named tensors in one contiguous buffer, so that optimisers, clipping and checkpoints are one pass over one array.
///
/// A value: copies are snapshots. Reading a path that does not exist stops the program, as a wrong index does.
public struct Parameters: Sendable {
    package let layout: ParameterLayout
    package private(set) var storage: Buffer
    /// For each tensor, how it was computed; nil when all are constants.
    private var traces: [Trace?]?
    /// For each tensor, whether it is frozen; nil when none is.
    private var frozen: [Bool]?

    package init(layout: ParameterLayout, storage: Buffer) {
        self.layout = layout
        self.storage = storage
    }

    /// The given tensors under the given paths, in that order: copies to which derivatives flow back. Stops the program
    /// when a path stands twice.
    public init(_ tensors: [(path: String, tensor: Tensor)]) {
        layout = ParameterLayout(tensors.map { ($0.path, $0.tensor.shape) })
        storage = Buffer(zeros: layout.scalarCount)
        for (index, entry) in tensors.enumerated() {
            let (target, count) = (storage.pointer + layout.offsets[index], layout.counts[index])
            entry.tensor.withPointer { target.update(from: $0, count: count) }
        }
        if tensors.contains(where: { $0.tensor.trace != nil }) { traces = tensors.map { $0.tensor.trace?.recording } }
    }

    /// The paths, in the order of the buffer.
    public var paths: [String] { layout.paths }

    /// How many numbers the parameters hold together.
    public var scalarCount: Int { layout.counts.reduce(0, +) }

    /// All tensors, in the order of ``paths``.
    public var tensors: [Tensor] { (0..<layout.count).map { self[at: $0] } }

    /// The tensor at a path; setting it needs the same shape. A tensor that is set within a loss under differentiation
    /// stands in the place of the one it replaces: derivatives flow to what it was computed from.
    public subscript(path: String) -> Tensor {
        get { self[at: layout.index(of: path)] }
        set {
            let index = layout.index(of: path)
            require(
                newValue.shape == layout.shapes[index],
                "Parameters: '\(path)' has shape \(layout.shapes[index]), not \(newValue.shape)")
            copyIfShared()
            let (target, count) = (storage.pointer + layout.offsets[index], layout.counts[index])
            newValue.withPointer { target.update(from: $0, count: count) }
            let trace = newValue.trace?.recording
            if traces == nil, trace != nil { traces = [Trace?](repeating: nil, count: layout.count) }
            traces?[index] = trace
        }
    }

    /// Whether there is a tensor at a path.
    public func contains(_ path: String) -> Bool { layout.indices[path] != nil }

    package subscript(at index: Int) -> Tensor {
        Tensor(
            buffer: storage, offset: layout.offsets[index], shape: layout.shapes[index], trace: traces?[index])
    }

    /// The same values without the memory of how they were computed: constants to differentiation.
    public var detached: Parameters {
        var copy = self
        copy.traces = nil
        return copy
    }

    /// The paths of tensors that are frozen: constants to differentiation, passed over by optimisers.
    public var frozenPaths: [String] {
        guard let frozen else { return [] }
        return layout.paths.indices.filter { frozen[$0] }.map { layout.paths[$0] }
    }

    /// Freezes or unfreezes the tensors at the given paths. Stops the program when there is no such path.
    package mutating func setFrozen(_ isFrozen: Bool, _ paths: some Sequence<String>) {
        var flags = frozen ?? [Bool](repeating: false, count: layout.count)
        for path in paths {
            let index = layout.index(of: path)
            flags[index] = isFrozen
            if isFrozen { traces?[index] = nil }
        }
        frozen = flags.contains(true) ? flags : nil
    }

    package func isFrozen(at index: Int) -> Bool { frozen.map { $0[index] } ?? false }

    /// The pieces of the buffer that may change: where each begins and how long it is, paddings included.
    var changeable: [(start: Int, count: Int)] {
        guard let frozen else { return [(0, layout.scalarCount)] }
        var pieces: [(start: Int, count: Int)] = []
        for index in 0..<layout.count where !frozen[index] {
            let end = index + 1 < layout.count ? layout.offsets[index + 1] : layout.scalarCount
            if let last = pieces.last, last.start + last.count == layout.offsets[index] {
                pieces[pieces.count - 1].count = end - last.start
            } else {
                pieces.append((layout.offsets[index], end - layout.offsets[index]))
            }
        }
        return pieces
    }

    /// The tensors that may change: where each begins in the buffer and how long it is.
    var changeableTensors: [(start: Int, count: Int)] {
        (0..<layout.count).filter { !isFrozen(at: $0) }.map { (layout.offsets[$0], layout.counts[$0]) }
    }

    /// The same values, recorded on a tape as its leaves, but for frozen ones; on other tapes as they are.
    func traced(on tape: Tape) -> Parameters {
        traced { index in
            let outer = traces?[index]?.recording
            return isFrozen(at: index) ? outer : Trace(tape: tape, index: index, others: outer?.places ?? [])
        }
    }

    /// The same values, each with the given memory of how it was computed.
    func traced(_ trace: (_ index: Int) -> Trace?) -> Parameters {
        var copy = self
        copy.traces = (0..<layout.count).map(trace)
        return copy
    }

    /// Parameters of the same paths and shapes, all zero.
    package func zeros() -> Parameters {
        Parameters(layout: layout, storage: Buffer(zeros: layout.scalarCount))
    }

    /// Lends the whole buffer for writing; its paddings must stay zero. Copies first if somebody else reads it.
    ///
    /// Stops the program while the tensors are being differentiated: what is written here, no derivative would know of.
    package mutating func withMutablePointer<Result>(_ body: (UnsafeMutablePointer<Float>) -> Result) -> Result {
        require(
            !(traces?.contains { $0?.recording != nil } ?? false),
            "Parameters: they cannot be changed in place while valueAndGradient(at:) records what is computed from "
                + "them. Set each tensor by its path, as in p[\"w\"] = ..., or change a copy, p.detached.")
        traces = nil
        copyIfShared()
        return body(storage.pointer)
    }

    private mutating func copyIfShared() {
        if !isKnownUniquelyReferenced(&storage) { storage = Buffer(copying: storage) }
    }

    /// Lends the whole buffer for reading.
    package func withPointer<Result>(_ body: (UnsafePointer<Float>) -> Result) -> Result {
        withExtendedLifetime(storage) { body(UnsafePointer(storage.pointer)) }
    }
}

extension Parameters: ExpressibleByDictionaryLiteral {
    /// `["w": weight, "b": bias]`, in that order.
    public init(dictionaryLiteral elements: (String, Tensor)...) {
        self.init(elements.map { (path: $0.0, tensor: $0.1) })
    }
}
