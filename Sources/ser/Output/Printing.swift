// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERModels
import SERSupport

/// Results could not be printed.
struct PrintingError: Error, CustomStringConvertible {
    /// The system's reason.
    let reason: String

    var description: String {
        "standard output: cannot be written (\(reason)); what was printed is not complete; make room and run it again"
    }
}

/// A text of which no character moves a terminal's cursor or colours it: names of files and labels may hold such.
private func harmless(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: \.isTerminalControl) else { return text }
    return text.unicodeScalars.map { $0.isTerminalControl ? $0.escaped(asASCII: true) : String($0) }.joined()
}

extension String {
    /// The text with ends of lines and tabs written as escapes: a name that holds one cannot pass for a line of results.
    var onOneLine: String {
        guard unicodeScalars.contains(where: { "\n\r\t".unicodeScalars.contains($0) }) else { return self }
        return unicodeScalars.map { "\n\r\t".unicodeScalars.contains($0) ? $0.escaped(asASCII: true) : String($0) }
            .joined()
    }
}

/// Prints results on standard output. Whoever closed it has seen enough: that ends the program without a word.
/// - Parameters:
///   - text: What to print.
///   - terminator: What follows it.
///   - isForPrograms: Whether every character is written as it is.
/// - Throws: ``PrintingError`` where they cannot be written.
func printText(
    _ text: some CustomStringConvertible, terminator: String = "\n", isForPrograms: Bool = false
) throws {
    let text = "\(text)\(terminator)"
    let code = StandardStream.output.write(isForPrograms ? text : harmless(text))
    if code == EPIPE { throw ExitCode(128 + SIGPIPE) }
    guard code == 0 else { throw PrintingError(reason: String(cString: strerror(code))) }
}

/// Prints a value as JSON on standard output, keys sorted. Numbers that are none are printed as null.
func printJSON(_ value: some Encodable, onOneLine: Bool = false) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if !onOneLine { encoder.outputFormatting.insert(.prettyPrinted) }
    // JSON has no such numbers; a character of no script stands for them until all is encoded.
    let none = "\u{f8ff}"
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: none, negativeInfinity: none, nan: none)
    let text = String(decoding: try encoder.encode(value), as: UTF8.self)
    try printText(text.replacingOccurrences(of: "\"\(none)\"", with: "null"))
}

/// A text that is printed as null in JSON where there is none, and not left out.
struct NullableText: Encodable {
    private let text: String?

    init(_ text: String?) { self.text = text }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let text { try container.encode(text) } else { try container.encodeNil() }
    }
}

/// Tells something that is no result, on standard error.
func note(_ text: String) { StandardStream.errors.write(harmless(text) + "\n") }

/// Tells what is wrong with a sound; what is wrong with its file as such names it by itself.
func note(_ error: any Error, about file: String) {
    let text = "\(inWordsOfCommands(error))"
    note(namesItsFile(error) ? "Error: \(text)" : "Error: \(file): \(text)")
}

/// Whether an error of sound, features, recognition or explanation says which file it is about.
private func namesItsFile(_ error: any Error) -> Bool {
    switch error {
    case let error as AudioError: error.path != nil
    case FeatureError.audio(let error), RecognitionError.features(.audio(let error)),
        ExplanationError.features(.audio(let error)):
        error.path != nil
    default: false
    }
}

/// What is printed as JSON of a file that could not be used, in the place of its results.
struct FailedFile: Encodable {
    let file: String
    /// What is wrong with it.
    let error: String

    init(file: String, error: any Error) {
        self.file = file
        self.error = "\(inWordsOfCommands(error))"
    }
}

/// Help and versions are printed by others: whether all of it was written is seen at the very end.
func checkStandardOutputAtExit() {
    atexit {
        guard fflush(nil) != 0 else { return }
        note("Error: \(PrintingError(reason: String(cString: strerror(errno))))")
        _exit(1)
    }
}
