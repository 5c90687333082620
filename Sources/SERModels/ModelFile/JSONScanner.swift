// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// A strict reader of JSON from a stranger: valid UTF-8, every key once in its object, few levels, numbers of sensible
/// length, and no memory beyond what is asked for. (RFC 8259)
package struct JSONScanner {
    /// What is wrong, and at which byte.
    package struct Fault: Error {
        let reason: String
        let offset: Int
    }

    /// Arrays and objects within each other.
    static let deepest = 64
    /// The digits of a number with sign, point and exponent; a Double needs at most 24.
    private static let longestNumber = 64

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0

    /// A reader of bytes that outlive it.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Checks that a text is one JSON value and nothing else.
    package static func check(_ text: String) throws(Fault) {
        let fault = Array(text.utf8).withUnsafeBytes { bytes -> Fault? in
            var scanner = JSONScanner(bytes)
            do throws(Fault) {
                try scanner.skipValue()
                try scanner.finish()
                return nil
            } catch { return error }
        }
        if let fault { throw fault }
    }

    /// The members of an object; `body` must read each value.
    mutating func object(_ body: (inout JSONScanner, String) throws(Fault) -> Void) throws(Fault) {
        var keys: Set<String> = []
        try list(from: "{", to: "}") { (scanner: inout JSONScanner) throws(Fault) in
            let start = scanner.position
            let key = try scanner.string()
            guard keys.insert(key).inserted else {
                throw Fault(reason: "the key \(quoted(key)) stands twice", offset: start)
            }
            try scanner.expect(":")
            try body(&scanner, key)
        }
    }

    /// The elements of an array; `body` must read each.
    mutating func array(_ body: (inout JSONScanner) throws(Fault) -> Void) throws(Fault) {
        try list(from: "[", to: "]", body)
    }

    /// A string.
    mutating func string() throws(Fault) -> String {
        try expect("\"")
        let start = position
        while let byte = current, byte != ascii("\""), byte != ascii("\\"), byte >= 0x20 { position += 1 }
        if current == ascii("\"") {
            position += 1
            return try text(bytes[start..<position - 1], at: start)
        }
        position = start
        return try escapedString()
    }

    /// A whole number from 0 up.
    mutating func count() throws(Fault) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while let byte = current, ascii("0") <= byte, byte <= ascii("9") {
            let (tens, first) = value.multipliedReportingOverflow(by: 10)
            let (sum, second) = tens.addingReportingOverflow(Int(byte - ascii("0")))
            guard !first, !second else { throw Fault(reason: "a number too large for any file", offset: start) }
            value = sum
            position += 1
        }
        let isWhole = position > start && !(position > start + 1 && bytes[start] == ascii("0"))
        guard isWhole, ![ascii("."), ascii("e"), ascii("E")].contains(current) else {
            throw Fault(reason: "a whole number from 0 up is expected", offset: start)
        }
        return value
    }

    /// Reads over a value of any kind.
    mutating func skipValue() throws(Fault) {
        skipSpace()
        switch current {
        case ascii("{"): try object { (scanner: inout JSONScanner, _: String) throws(Fault) in try scanner.skipValue() }
        case ascii("["): try array { (scanner: inout JSONScanner) throws(Fault) in try scanner.skipValue() }
        case ascii("\""): _ = try string()
        case ascii("t"): try word("true")
        case ascii("f"): try word("false")
        case ascii("n"): try word("null")
        default: try number()
        }
    }

    /// Makes sure that nothing but white space follows.
    mutating func finish() throws(Fault) {
        skipSpace()
        guard position == bytes.count else { throw Fault(reason: "text after the end", offset: position) }
    }

    /// The byte that comes next, counted from the start.
    var offset: Int { position }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, [0x20, 0x0a, 0x0d, 0x09].contains(byte) { position += 1 }
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Fault) {
        skipSpace()
        guard current == ascii(character) else {
            throw Fault(reason: current == nil ? "it ends too early" : "'\(character)' is expected", offset: position)
        }
        position += 1
    }

    private mutating func list(
        from open: Unicode.Scalar, to close: Unicode.Scalar, _ body: (inout JSONScanner) throws(Fault) -> Void
    ) throws(Fault) {
        try expect(open)
        depth += 1
        guard depth <= Self.deepest else {
            throw Fault(reason: "more than \(Self.deepest) levels within each other", offset: position)
        }
        skipSpace()
        if current == ascii(close) {
            position += 1
        } else {
            while true {
                try body(&self)
                skipSpace()
                if current == ascii(close) { break }
                try expect(",")
            }
            position += 1
        }
        depth -= 1
    }

    private mutating func word(_ word: StaticString) throws(Fault) {
        let length = word.utf8CodeUnitCount
        guard position + length <= bytes.count,
            (0..<length).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
        else { throw Fault(reason: "a value is expected", offset: position) }
        position += length
    }

    private mutating func number() throws(Fault) {
        let start = position
        if current == ascii("-") { position += 1 }
        let digits = skipDigits()
        let leadsWithZero = digits > 1 && bytes[position - digits] == ascii("0")
        guard digits > 0, !leadsWithZero else { throw Fault(reason: "a value is expected", offset: start) }
        if current == ascii(".") {
            position += 1
            guard skipDigits() > 0 else { throw Fault(reason: "a number without its digits", offset: start) }
        }
        if current == ascii("e") || current == ascii("E") {
            position += 1
            if current == ascii("+") || current == ascii("-") { position += 1 }
            guard skipDigits() > 0 else { throw Fault(reason: "a number without its digits", offset: start) }
        }
        guard position - start <= Self.longestNumber else {
            throw Fault(reason: "a number of \(position - start) digits", offset: start)
        }
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = current, ascii("0") <= byte, byte <= ascii("9") { position += 1 }
        return position - start
    }

    private mutating func escapedString() throws(Fault) -> String {
        let start = position
        var text: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case ascii("\""): return try self.text(text, at: start)
            case ascii("\\"): text.append(contentsOf: try escape().utf8)
            case 0..<0x20: throw Fault(reason: "a control character in a string", offset: position - 1)
            default: text.append(byte)
            }
        }
        throw Fault(reason: "a string without its end", offset: start)
    }

    private mutating func escape() throws(Fault) -> Unicode.Scalar {
        let start = position
        guard let byte = current else { throw Fault(reason: "it ends too early", offset: position) }
        position += 1
        switch byte {
        case ascii("\""), ascii("\\"), ascii("/"): return Unicode.Scalar(byte)
        case ascii("b"): return "\u{8}"
        case ascii("f"): return "\u{c}"
        case ascii("n"): return "\n"
        case ascii("r"): return "\r"
        case ascii("t"): return "\t"
        case ascii("u"):
            let unit = try codeUnit()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            // The first of two surrogates; the second must follow.
            if unit < 0xdc00, current == ascii("\\") {
                position += 1
                if current == ascii("u") {
                    position += 1
                    let low = try codeUnit()
                    let code = (unit - 0xd800) << 10 &+ low &- 0xdc00 &+ 0x10000
                    if (0xdc00..<0xe000).contains(low), let scalar = Unicode.Scalar(code) { return scalar }
                }
            }
            throw Fault(reason: "half a character", offset: start)
        default: throw Fault(reason: "an unknown escape in a string", offset: start)
        }
    }

    private mutating func codeUnit() throws(Fault) -> UInt32 {
        let start = position
        guard position + 4 <= bytes.count else { throw Fault(reason: "it ends too early", offset: bytes.count) }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw Fault(reason: "four hexadecimal digits are expected", offset: start)
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }

    private func text(_ utf8: some Collection<UInt8>, at start: Int) throws(Fault) -> String {
        let text = String(decoding: utf8, as: UTF8.self)
        // What is not UTF-8 was replaced, and differs.
        guard text.utf8.elementsEqual(utf8) else { throw Fault(reason: "a string that is not UTF-8", offset: start) }
        return text
    }
}

private func ascii(_ scalar: Unicode.Scalar) -> UInt8 { UInt8(truncatingIfNeeded: scalar.value) }
