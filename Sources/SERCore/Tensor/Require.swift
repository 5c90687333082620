import Foundation

/// Stops the program when a tensor operation is used wrongly, as an array stops it at a wrong index.
///
/// `precondition` says nothing in optimised builds, and a wrong shape cannot be found from silence.
@inline(__always)
package func require(
    _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) {
    if !condition() { stop(message(), file: file, line: line) }
}

/// Stops the program with a message on standard error.
@inline(never)
package func stop(_ message: String, file: StaticString = #fileID, line: UInt = #line) -> Never {
    FileHandle.standardError.write(Data("\(file):\(line): Fatal error: \(message)\n".utf8))
    preconditionFailure(message)
}
