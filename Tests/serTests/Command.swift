import Foundation

/// Runs the built `ser` as a user's shell does.
struct Command {
    let code: Int32
    let output: String
    let errors: String

    /// The executable, built beside the bundle of the tests.
    static var executable: URL {
        var folder = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
            ?? URL(fileURLWithPath: CommandLine.arguments[0])
        for _ in 0..<4 {
            let candidate = folder.appendingPathComponent("ser")
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue {
                return candidate
            }
            folder.deleteLastPathComponent()
        }
        return folder.appendingPathComponent("ser")
    }

    /// Runs the tool to its end; it gets SIGINT when standard error first holds `text`, or when `file` exists.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], interruptAfter text: String? = nil,
        interruptWhenExists file: URL? = nil
    ) async throws -> Command {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let identifier = process.processIdentifier
        async let printed = Task.detached { output.fileHandleForReading.readDataToEndOfFile() }.value
        async let complained = Task.detached {
            var data = Data()
            var isWaiting = text != nil
            while true {
                let piece = errors.fileHandleForReading.availableData
                if piece.isEmpty { return data }
                data += piece
                if isWaiting, let text, String(decoding: data, as: UTF8.self).contains(text) {
                    isWaiting = false
                    kill(identifier, SIGINT)
                }
            }
        }.value
        if let file {
            while process.isRunning, !FileManager.default.fileExists(atPath: file.path) {
                try await Task.sleep(for: .milliseconds(20))
            }
            kill(identifier, SIGINT)
        }
        let (outputData, errorData) = await (printed, complained)
        process.waitUntilExit()
        return Command(
            code: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: String(decoding: outputData, as: UTF8.self), errors: String(decoding: errorData, as: UTF8.self))
    }
}
