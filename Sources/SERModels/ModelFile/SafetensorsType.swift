// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport

/// What the numbers of a safetensors tensor are. (https://github.com/huggingface/safetensors, `Dtype`)
enum SafetensorsType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case float8Short = "F8_E5M2"
    case float8Long = "F8_E4M3"
    case int16 = "I16"
    case uint16 = "U16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int32 = "I32"
    case uint32 = "U32"
    case float32 = "F32"
    case float64 = "F64"
    case int64 = "I64"
    case uint64 = "U64"

    /// Bytes of a number.
    var size: Int {
        switch self {
        case .bool, .uint8, .int8, .float8Short, .float8Long: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float32: 4
        case .float64, .int64, .uint64: 8
        }
    }

    /// Whether the numbers become 32-bit floats.
    var isFloatingPoint: Bool {
        switch self {
        case .float8Short, .float8Long, .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }

    /// Writes `count` numbers as 32-bit floats; `bytes` is aligned to ``size``.
    func convert(_ bytes: UnsafeRawPointer, _ count: Int, to out: UnsafeMutablePointer<Float>) {
        let n = Int64(count)
        switch self {
        case .float8Short: ser_from_float8_e5m2(out, bytes.assumingMemoryBound(to: UInt8.self), n)
        case .float8Long: ser_from_float8_e4m3(out, bytes.assumingMemoryBound(to: UInt8.self), n)
        case .float16: ser_from_float16(out, bytes.assumingMemoryBound(to: UInt16.self), n)
        case .bfloat16: ser_from_bfloat16(out, bytes.assumingMemoryBound(to: UInt16.self), n)
        case .float64: ser_from_float64(out, bytes.assumingMemoryBound(to: Double.self), n)
        case .float32: UnsafeMutableRawPointer(out).copyMemory(from: bytes, byteCount: count * size)
        default: stop("SafetensorsType.convert: \(rawValue) holds no floats")
        }
    }
}

/// How the weights of a model are held in its file. In memory they are 32-bit floats.
public enum WeightStorage: String, Sendable, Hashable, Codable, CaseIterable {
    /// 4 bytes a weight, bit for bit.
    case float32
    /// 2 bytes a weight: 11 significant bits up to 65,504, to the nearest, ties to even.
    case float16
    /// 2 bytes a weight: 8 significant bits and the range of 32-bit floats, to the nearest, ties to even.
    case bfloat16

    var type: SafetensorsType {
        switch self {
        case .float32: .float32
        case .float16: .float16
        case .bfloat16: .bfloat16
        }
    }

    /// Magnitudes from here on would become infinite.
    var limit: Float {
        switch self {
        case .float32: .infinity
        case .float16: 65_520
        case .bfloat16: Float(bitPattern: 0x7f7f_8000)
        }
    }

    /// Writes 32-bit floats in two bytes each.
    func narrow(_ values: UnsafePointer<Float>, _ count: Int, to out: UnsafeMutablePointer<UInt16>) {
        switch self {
        case .float16: ser_to_float16(out, values, Int64(count))
        case .bfloat16: ser_to_bfloat16(out, values, Int64(count))
        case .float32: stop("WeightStorage.narrow: 32-bit floats are not narrow")
        }
    }
}
