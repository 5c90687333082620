import Foundation

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
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    Driver.target.read(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
