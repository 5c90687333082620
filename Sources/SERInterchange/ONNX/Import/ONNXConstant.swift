// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore

/// A constant of an ONNX file, found to hold as many values as its shape says.
struct ONNXConstant {
    enum Values {
        case floats([Float])
        case integers([Int])
    }

    var name: String
    let shape: [Int]
    let values: Values

    /// The numbers as a tensor; nil for whole numbers.
    var tensor: Tensor? {
        guard case .floats(let values) = values else { return nil }
        return Tensor(values, shape: shape)
    }

    var floats: [Float]? {
        if case .floats(let values) = values { return values }
        return nil
    }

    var integers: [Int]? {
        if case .integers(let values) = values { return values }
        return nil
    }

    init(name: String, shape: [Int], values: Values) {
        (self.name, self.shape, self.values) = (name, shape, values)
    }

    /// Reads a tensor; nothing is allocated that the file does not hold.
    init(_ tensor: Onnx_TensorProto, malformed: (String) -> InterchangeError) throws(InterchangeError) {
        name = tensor.name
        guard tensor.dataLocation != .external else {
            throw malformed("the values of '\(tensor.name)' are in another file; save the model as one file")
        }
        var count = 1
        for length in tensor.dims {
            let (next, overflow) = count.multipliedReportingOverflow(by: Int(length))
            // A length of 0 elsewhere would let any other pass, to overflow where it is computed with.
            guard (0...(1 << 31)).contains(length), !overflow else {
                throw malformed("'\(tensor.name)' has the shape \(tensor.dims)")
            }
            count = next
        }
        shape = tensor.dims.map(Int.init)
        let found: Values?
        switch Onnx_TensorProto.DataType(rawValue: Int(tensor.dataType)) {
        case .float:
            found = .floats(tensor.floatData.isEmpty ? tensor.raw { Float(bitPattern: $0) } : tensor.floatData)
        case .double:
            found = .floats(
                tensor.doubleData.isEmpty
                    ? tensor.raw { Float(Double(bitPattern: $0)) } : tensor.doubleData.map { Float($0) })
        case .bfloat16: found = .floats(tensor.raw { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) })
        case .float16: found = .floats(tensor.raw { (bits: UInt16) in Float(halfBits: bits) })
        case .int64:
            found = .integers(
                tensor.int64Data.isEmpty
                    ? tensor.raw { (bits: UInt64) in Int(truncatingIfNeeded: bits) } : tensor.int64Data.map(Int.init))
        case .bool:
            found = .integers(
                tensor.int32Data.isEmpty ? tensor.raw { (bits: UInt8) in Int(bits) } : tensor.int32Data.map(Int.init))
        case .int32:
            found = .integers(
                tensor.int32Data.isEmpty
                    ? tensor.raw { (bits: UInt32) in Int(Int32(bitPattern: bits)) } : tensor.int32Data.map(Int.init))
        default: found = nil
        }
        switch found {
        case .floats(let numbers)? where numbers.count == count:
            guard numbers.allSatisfy(\.isFinite) else { throw malformed("'\(name)' holds values that are not numbers") }
            values = .floats(numbers)
        case .integers(let numbers)? where numbers.count == count: values = .integers(numbers)
        case nil: throw malformed("'\(name)' holds \(Self.typeName(tensor.dataType)) values, which are not supported")
        default: throw malformed("'\(name)' does not hold the \(count) values of its shape \(shape)")
        }
    }
}

extension ONNXConstant {
    /// What onnx.proto calls a type.
    fileprivate static func typeName(_ type: Int32) -> String {
        let names = [
            "undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16",
            "double", "uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz",
            "float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1",
        ]
        return names.indices.contains(Int(type)) ? names[Int(type)] : "type \(type)"
    }
}

extension Onnx_TensorProto {
    /// The little-endian words of the raw bytes; none where a part of a word is left.
    fileprivate func raw<Word: FixedWidthInteger, Value>(_ value: (Word) -> Value) -> [Value] {
        let size = MemoryLayout<Word>.size
        guard rawData.count % size == 0 else { return [] }
        return rawData.withUnsafeBytes { bytes in
            (0..<bytes.count / size).map {
                value(Word(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * size, as: Word.self)))
            }
        }
    }
}

extension Float {
    /// The value of a 16-bit float (IEEE 754 binary16).
    init(halfBits bits: UInt16) {
        let sign: Float = bits & 0x8000 == 0 ? 1 : -1
        let (exponent, fraction) = (Int(bits >> 10 & 0x1F), Float(bits & 0x3FF))
        switch exponent {
        case 0: self = sign * fraction * 0x1p-24
        case 31: self = fraction == 0 ? sign * .infinity : .nan
        default: self = sign * (1024 + fraction) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
        }
    }
}
