// SPDX-License-Identifier: Apache-2.0

import CFuzzCost
import Foundation
import SERSupport

/// What libFuzzer calls: once at the start, then for each input.
private enum Driver {
    /// The target of this process, which the argument `--target=NAME` names, with the file that it reads.
    static let target: any FuzzTarget = {
        let name = argument("target") ?? ""
        do {
            guard let type = FuzzTargets.all[name] else {
                throw FuzzFailure("--target must be one of \(FuzzTargets.all.keys.sorted().joined(separator: ", "))")
            }
            return try type.init()
        } catch { stop("\(error)") }
    }()

    /// What reading may hold beside the input's own size, in bytes.
    static let allowance: Int64 = 64 << 20

    /// What reading may take, in seconds of the processor: `--hang=SECONDS`.
    static let hang = argument("hang").flatMap { Double($0) } ?? 2

    /// Lines more of libFuzzer's closing statistics.
    static func tellCost() {
        let lines = """
            stat::most_bytes_beside_input: \(fuzz_cost_most_bytes())
            stat::most_seconds: \(Double(Int(1000 * fuzz_cost_most_seconds())) / 1000)
            stat::bytes_left_behind: \(fuzz_cost_left())

            """
        FileHandle.standardError.write(Data(lines.utf8))
    }

    static func argument(_ name: String) -> String? {
        let start = "--\(name)="
        return CommandLine.arguments.first { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count)) }
    }

    static func stop(_ message: String) -> Never {
        FileHandle.standardError.write(Data("\(message)\n".utf8))
        exit(64)
    }

    /// With `--seeds=FOLDER` the inputs that the target makes for itself are written, and the process ends.
    static func writeSeeds(to folder: URL) {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for (name, data) in try target.seeds() { try data.write(to: folder.appendingPathComponent(name)) }
        } catch { stop("\(error)") }
        exit(0)
    }
}

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> Int32 {
    if let folder = Driver.argument("seeds") { Driver.writeSeeds(to: URL(fileURLWithPath: folder)) }
    _ = Driver.target
    // What is reached, and so what is tried next, must not hang on which thread was first: a seed gives the same
    // inputs each time.
    Parallelism.threads = 1
    fuzz_cost_install()
    atexit { Driver.tellCost() }
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    fuzz_cost_begin(Int64(count), Driver.allowance)
    Driver.target.read(UnsafeRawBufferPointer(start: bytes, count: count))
    fuzz_cost_end(Driver.hang)
    return 0
}
