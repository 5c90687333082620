// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore

/// An axis in the description of an input or output.
enum Onnx_Dimension: Equatable {
    case length(Int)
    case named(String)

    /// Axes of unknown length are told apart by the input they belong to.
    init(_ dimension: Shape.Dimension, of input: String) {
        let name = input.isEmpty ? "" : "\(input)_"
        switch dimension {
        case .fixed(let length): self = .length(length)
        case .time: self = .named(name + "time")
        case .any: self = .named(name + "any")
        }
    }
}

extension Onnx_TensorProto {
    static func floats(_ values: [Float], shape: [Int], name: String) -> Onnx_TensorProto {
        var tensor = Onnx_TensorProto()
        tensor.name = name
        tensor.dims = shape.map(Int64.init)
        tensor.dataType = Int32(DataType.float.rawValue)
        var data = Data(capacity: values.count * 4)
        for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
        tensor.rawData = data
        return tensor
    }

    static func integers(_ values: [Int], shape: [Int], name: String) -> Onnx_TensorProto {
        var tensor = Onnx_TensorProto()
        tensor.name = name
        tensor.dims = shape.map(Int64.init)
        tensor.dataType = Int32(DataType.int64.rawValue)
        var data = Data(capacity: values.count * 8)
        for value in values { withUnsafeBytes(of: Int64(value).littleEndian) { data.append(contentsOf: $0) } }
        tensor.rawData = data
        return tensor
    }
}

extension Onnx_AttributeProto {
    init(_ name: String, _ value: ONNXAttribute) {
        self.init()
        self.name = name
        switch value {
        case .int(let value): (type, i) = (.int, Int64(value))
        case .ints(let values): (type, ints) = (.ints, values.map(Int64.init))
        case .float(let value): (type, f) = (.float, value)
        case .string(let value): (type, s) = (.string, Data(value.utf8))
        case .strings(let values): (type, strings) = (.strings, values.map { Data($0.utf8) })
        }
    }
}

extension Onnx_ValueInfoProto {
    init(_ name: String, _ type: Onnx_TensorProto.DataType, _ dimensions: [Onnx_Dimension]) {
        self.init()
        self.name = name
        self.type.tensorType.elemType = Int32(type.rawValue)
        self.type.tensorType.shape.dim = dimensions.map { dimension in
            var result = Onnx_TensorShapeProto.Dimension()
            switch dimension {
            case .length(let length): result.dimValue = Int64(length)
            case .named(let name): result.dimParam = name
            }
            return result
        }
    }
}
