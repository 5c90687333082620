// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import Testing

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite struct ChildProgramTests {
    private let limits = ChildProgram.Limits(bytes: 1 << 20, silence: 20, seconds: 20)

    /// What a shell's command ends with, prints and complains of.
    private func shell(
        _ command: String, limits: ChildProgram.Limits? = nil, isCancelled: () -> Bool = { false },
        takes: (Int) -> Bool = { _ in true }
    ) -> (ending: ChildProgram.Ending, output: String, errors: String) {
        var output: [UInt8] = []
        let child = ChildProgram(path: "/bin/sh", arguments: ["-c", command])
        let end = child.run(limits: limits ?? self.limits, isCancelled: isCancelled) { piece in
            output += piece
            return takes(output.count)
        }
        return (end.ending, String(decoding: output, as: UTF8.self), end.errors)
    }

    @Test func outputErrorsAndTheEndAreTold() {
        let run = shell("echo out; echo what is wrong >&2; exit 3")
        #expect(run.ending == .exited(code: 3) && run.output == "out\n" && run.errors == "what is wrong")
        #expect(shell("kill -9 $$").ending == .signalled(9))
        #expect(shell("cat").ending == .exited(code: 0), "its standard input is empty")
        let missing = ChildProgram(path: "/no/such/program", arguments: []).run(limits: limits) { _ in true }
        #expect(missing.ending == .notStarted(code: ENOENT))
    }

    @Test func aWordIsAWord() {
        let child = ChildProgram(path: "/bin/echo", arguments: ["a b", "$HOME", "`id`", ";", "*"])
        var output: [UInt8] = []
        _ = child.run(limits: limits) {
            output += $0; return true
        }
        #expect(String(decoding: output, as: UTF8.self) == "a b $HOME `id` ; *\n")
    }

    @Test func whoTakesTooMuchIsKilled() {
        var few = limits, brief = limits
        few.bytes = 100_000
        brief.silence = 0.3
        #expect(shell("yes", limits: few).ending == .tooMuchOutput)
        #expect(shell("yes", takes: { $0 < 10 }).ending == .outputRefused)
        #expect(shell("sleep 60", limits: brief).ending == .tooSlow)
        // It has closed both streams, and goes on.
        #expect(shell("exec >&- 2>&-; sleep 60", limits: brief).ending == .tooSlow)
        // Complaints are no output, and only the first are kept.
        let noisy = shell("yes >&2", limits: brief)
        #expect(noisy.ending == .tooSlow && noisy.errors.utf8.count <= 4096)
        let start = Date()
        #expect(shell("sleep 60", isCancelled: { Date().timeIntervalSince(start) > 0.2 }).ending == .cancelled)
        #expect(Date().timeIntervalSince(start) < 10)
    }

    @Test func nothingRemains() throws {
        var brief = limits
        brief.silence = 0.3
        // The shell's number and that of a child of its own, which is killed with it.
        for command in ["echo $$", "sleep 60 & echo $$ $!; wait"] {
            let run = shell(command, limits: brief)
            for word in run.output.split(whereSeparator: \.isWhitespace) {
                let process = try #require(pid_t(word))
                // A child of a killed child is waited for by the system, in its own time.
                for _ in 0..<200 where kill(process, 0) == 0 && process != pid_t(run.output.prefix(while: \.isNumber)) {
                    usleep(10_000)
                }
                #expect(kill(process, 0) == -1 || command.contains("sleep"), "process \(process) of '\(command)'")
            }
        }
    }

    @Test func manyRunAtOnce() async {
        let lengths = await withTaskGroup(of: Int.self) { group in
            for index in 1...24 {
                group.addTask { shell("head -c \(index * 10_000) /dev/zero; echo $$ >&2").output.utf8.count }
            }
            return await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(lengths == Set((1...24).map { $0 * 10_000 }))
    }
}
